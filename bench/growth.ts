// npm run bench:growth: what operations take while a thread, and a project, grow. One request at a time.
import { KEY, openArena } from './arena.js';
import { PROJECT } from './data.js';

const MESSAGES = [1_000, 10_000, 100_000];
const THREADS = [1_000, 10_000, 300_000];
const SECONDS = 1;
const PAGE = 20;

const arena = await openArena();
const { db, generator, threadstore } = arena;

interface Step {
  readonly name: string;
  readonly method?: string;
  readonly path: readonly [string, string];
  readonly targets?: readonly string[];
  readonly body?: object;
}

const ids = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i + 1}`);

/** The median of a request, in milliseconds. */
async function p50({ method = 'GET', path, targets = [''], body }: Step): Promise<number> {
  const load = {
    port: threadstore.port,
    concurrency: 1,
    method,
    path,
    targets,
    once: false,
    key: KEY,
    body: body ? JSON.stringify(body) : '',
  };
  await generator.run({ ...load, seconds: SECONDS / 4 });
  return (await generator.run({ ...load, seconds: SECONDS })).p50;
}

/** Measures the steps at each size, and prints a Markdown table. */
async function grow(
  what: string,
  sizes: readonly number[],
  add: (from: number, to: number) => Promise<void>,
  stepsAt: (size: number) => readonly Step[],
): Promise<void> {
  const figures = new Map<string, number[]>();
  for (const [index, size] of sizes.entries()) {
    await add(sizes[index - 1] ?? 0, size);
    await db.query('VACUUM ANALYZE');
    for (const step of stepsAt(size)) figures.set(step.name, [...(figures.get(step.name) ?? []), await p50(step)]);
  }
  console.log(
    `\n| p50 in ms, ${what} | ${sizes.map((size) => size.toLocaleString('en')).join(' | ')} | largest : smallest |`,
  );
  console.log(`|---|${sizes.map(() => '---|').join('')}---|`);
  for (const [name, values] of figures) {
    const ratio = values.at(-1)! / values[0]!;
    console.log(`| ${name} | ${values.map((value) => value.toFixed(2)).join(' | ')} | ${ratio.toFixed(2)} |`);
  }
}

const EVEN_TEAMS = ids('', 0, 998).filter((team) => Number(team) % 2 === 0);

const THREAD = 'thread_growing';

const addMessages = async (from: number, to: number): Promise<void> => {
  await db.query(
    `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
     VALUES ($1, $2, now(), '{}', '{}', 0) ON CONFLICT DO NOTHING`,
    [PROJECT, THREAD],
  );
  await db.query(
    `INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
     SELECT $1, $2, 'msg_' || $3::int + i, last_position + i, now(), 'user',
       '[{"type": "text", "text": {"value": "What would change if it were left out?", "annotations": []}}]', '[]', '{}'
     FROM threads, generate_series(1, $4::int - $3::int) AS i WHERE project_id = $1 AND id = $2`,
    [PROJECT, THREAD, from, to],
  );
  await db.query(
    `UPDATE threads SET last_position = (SELECT max(position) FROM messages WHERE thread_id = $2)
     WHERE project_id = $1 AND id = $2`,
    [PROJECT, THREAD],
  );
};

const messages = (after: string): readonly [string, string] => [`/v1/threads/${THREAD}/messages?order=asc${after}`, ''];

/** Each user has 25 threads, however many there are; all else is had by a share of them. */
const addThreads = async (from: number, to: number): Promise<void> => {
  await db.query(
    `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
     SELECT $1, 'thread_' || i, now() - interval '1 day' + make_interval(secs => i / 10.0),
       jsonb_build_object('user', 'user-' || i / 25, 'team', 'team-' || i % 1000, 'topic', 'topic-' || i % 30,
         'plan', CASE i % 2 WHEN 0 THEN 'pro' ELSE 'free' END, 'archived', CASE WHEN i < 900 THEN 'yes' ELSE 'no' END),
       '{}', 0
     FROM generate_series($2::int + 1, $3::int) AS i`,
    [PROJECT, from, to],
  );
};

const byMetadata = (filter: string): readonly [string, string] => [`/v1/threads?${filter}`, ''];

try {
  await grow('messages in one thread', MESSAGES, addMessages, (size) => [
    { name: 'get a message', path: [`/v1/threads/${THREAD}/messages/`, ''], targets: ids('msg_', 0, size) },
    { name: 'first page', path: messages('') },
    { name: 'a page in the middle', path: messages('&after='), targets: ids('msg_', size / 2, size / 2 + 100) },
    { name: 'last page', path: messages('&after='), targets: ids('msg_', size - PAGE - 1, size - PAGE) },
    // The last, since it adds messages.
    {
      name: 'append a message',
      method: 'POST',
      path: [`/v1/threads/${THREAD}/messages`, ''],
      body: { role: 'user', content: 'What would change if it were left out?' },
    },
  ]);
  await grow('threads in one project', THREADS, addThreads, (size) => [
    { name: 'get a thread', path: ['/v1/threads/', ''], targets: ids('thread_', 0, size) },
    { name: 'list, first page', path: ['/v1/threads', ''] },
    {
      name: 'list, a page in the middle',
      path: ['/v1/threads?after=', ''],
      targets: ids('thread_', size / 2, size / 2 + 100),
    },
    { name: 'by user, 25 threads', path: byMetadata('metadata[user]=user-'), targets: ids('', 1, size / 25 - 1) },
    { name: 'by a value of one in 1,000', path: byMetadata('metadata[team]=team-'), targets: ids('', 0, 999) },
    { name: 'by a value of one in 30', path: byMetadata('metadata[topic]=topic-'), targets: ids('', 0, 29) },
    { name: 'by a value of one in 2', path: byMetadata('metadata[plan]='), targets: ['pro', 'free'] },
    { name: 'by a value of the oldest 900', path: byMetadata('metadata[archived]=yes') },
    { name: 'by a value of none', path: byMetadata('metadata[team]=none') },
    { name: 'by two values', path: byMetadata('metadata[plan]=pro&metadata[team]=team-'), targets: EVEN_TEAMS },
  ]);
} finally {
  await arena.close();
}
