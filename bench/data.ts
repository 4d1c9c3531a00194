import type { Client } from 'pg';

export const PROJECT = 'proj_00000000000000000default';

/** Ids to ask for. */
export interface Ids {
  readonly threads: readonly string[];
  /** Threads of 25 messages. */
  readonly conversations: readonly string[];
  /** `thread_…/messages/msg_…` */
  readonly messages: readonly string[];
  /** Values of the key `user` in the metadata of threads; each has a hundred. */
  readonly users: readonly string[];
}

const THREADS_PER_USER = 100;
const MESSAGES = 25;
const TEXT = 'Which of these figures does the image show, and what would change if the second one were left out?';

const number = (prefix: string, n: number): string => prefix + String(n).padStart(24, '0');
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Fills the tables: `threads` threads, of which `conversations` have 25 messages of about a hundred characters. */
export async function seed(db: Client, threads: number, conversations: number): Promise<Ids> {
  await db.query(
    `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
     SELECT $1, 'thread_' || lpad(i::text, 24, '0'), now() - make_interval(secs => $2 - i),
       jsonb_build_object('user', 'user-' || i % $3), '{}', CASE WHEN i <= $4 THEN $5::int ELSE 0 END
     FROM generate_series(1, $2) AS i`,
    [PROJECT, threads, Math.max(1, threads / THREADS_PER_USER), conversations, MESSAGES],
  );
  await db.query(
    `INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
     SELECT $1, 'thread_' || lpad(t::text, 24, '0'), 'msg_' || lpad((t * 100 + m)::text, 24, '0'), m, now(),
       CASE m % 2 WHEN 1 THEN 'user' ELSE 'assistant' END, $4::json, '[]', '{"source": "web"}'
     FROM generate_series(1, $2) AS t, generate_series(1, $3) AS m`,
    [PROJECT, conversations, MESSAGES, JSON.stringify([{ type: 'text', text: { value: TEXT, annotations: [] } }])],
  );
  await db.query('VACUUM ANALYZE');
  return {
    threads: upTo(threads).map((t) => number('thread_', t)),
    conversations: upTo(conversations).map((t) => number('thread_', t)),
    messages: upTo(conversations).map((t) => `${number('thread_', t)}/messages/${number('msg_', t * 100 + 7)}`),
    users: upTo(Math.max(1, threads / THREADS_PER_USER)).map((u) => `user-${u - 1}`),
  };
}

let doomed = 0;

/** Makes threads with a message each, to be deleted. */
export async function seedDoomed(db: Client, count: number): Promise<string[]> {
  const prefix = `thread_doomed${++doomed}_`;
  await db.query(
    `WITH made AS (
       INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
       SELECT $1, $2 || i, now(), '{}', '{}', 1 FROM generate_series(1, $3) AS i RETURNING id
     )
     INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
     SELECT $1, id, 'msg_1', 1, now(), 'user', '[]', '[]', '{}' FROM made`,
    [PROJECT, prefix, count],
  );
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}
