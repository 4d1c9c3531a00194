import type { TestDatabase } from './database.js';

/** How many rows each table has of each project, and how many messages the large thread has. */
export const ROWS = 3_000;

/** The tables that have so many rows. */
export const FILLED = [
  'threads',
  'thread_pairs',
  'messages',
  'thread_tombstones',
  'message_tombstones',
  'vector_stores',
  'service_accounts',
  'api_keys',
  'idempotency_keys',
];

const COMMON = `generate_series(1, ${ROWS}) AS i, projects AS p`;

/**
 * Fills the tables of all projects alike: `thread_1` has messages `msg_1` to `msg_3000`, every second thread is `pro`,
 * every three hundredth of one `user`, the oldest 60 are `archived`, the oldest 1,000 `closed`, and the oldest 2,000 and
 * every sixtieth `solved`.
 */
const FILL = [
  `INSERT INTO projects (id, name, residency, created_at)
   SELECT 'proj_' || i, 'one', 'us', now() FROM generate_series(1, 3) AS i`,
  `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
   SELECT p.id, 'thread_' || i, now() - interval '1 day' + make_interval(secs => i),
     jsonb_build_object('user', 'user-' || i % 300, 'plan', CASE i % 2 WHEN 0 THEN 'pro' ELSE 'free' END,
       'archived', CASE WHEN i <= 60 THEN 'yes' ELSE 'no' END,
       'closed', CASE WHEN i <= 1000 THEN 'yes' ELSE 'no' END,
       'solved', CASE WHEN i <= 2000 OR i % 60 = 0 THEN 'yes' ELSE 'no' END),
     '{}', CASE i WHEN 1 THEN ${ROWS} ELSE 0 END
   FROM ${COMMON}`,
  `INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
   SELECT p.id, 'thread_1', 'msg_' || i, i, now(), 'user',
     '[{"type": "text", "text": {"value": "Hello", "annotations": []}}]', '[]', '{}'
   FROM ${COMMON}`,
  `INSERT INTO thread_tombstones (project_id, id, created_at)
   SELECT p.id, 'thread_gone_' || i, now() - interval '1 day' + make_interval(secs => i) FROM ${COMMON}`,
  `INSERT INTO message_tombstones (project_id, thread_id, id, position)
   SELECT p.id, 'thread_1', 'msg_gone_' || i, i FROM ${COMMON}`,
  `INSERT INTO vector_stores (project_id, id, created_at, file_ids, chunking_strategy, metadata)
   SELECT p.id, 'vs_' || i, now(), '[]', '{"type": "auto"}', '{}' FROM ${COMMON}`,
  `INSERT INTO service_accounts (project_id, id, name, role, created_at)
   SELECT p.id, 'svc_acct_' || i, 'one', 'member', now() FROM ${COMMON}`,
  `INSERT INTO api_keys (project_id, id, service_account_id, name, hash, redacted, created_at)
   SELECT p.id, 'key_' || i, 'svc_acct_' || i, 'one', sha256((p.id || i)::bytea), '', now() FROM ${COMMON}`,
  `INSERT INTO idempotency_keys (project_id, key, fingerprint, status, body, expires_at)
   SELECT p.id, 'key ' || i, '\\x', 200, '{}', now() + interval '1 hour' FROM ${COMMON}`,
];

/** PostgreSQL analyzes what was filled by itself, some seconds later; here that is done at once. */
export async function fill(database: TestDatabase): Promise<void> {
  for (const statement of FILL) await database.query(statement);
  await database.query('ANALYZE');
}
