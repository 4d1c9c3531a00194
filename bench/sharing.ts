import type { Pool } from 'pg';

/** As Threadstore does it, but for what it does alone: what is asked for while a statement is under way shares the next. */
const MAX_ROWS = 64;
const MAX_UNDER_WAY = 3;
const WORTH_SHARING = 11;

const MESSAGE = 'id text, role text, content json, attachments json, metadata jsonb';

const statements = {
  createThreads: `
    WITH item AS (
      SELECT * FROM json_to_recordset($1) AS item (
        project text, thread text, at timestamptz, pairs jsonb, tools jsonb, count int, messages json)
    ), stored AS (
      INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
      SELECT project, thread, at, pairs, tools, count FROM item
    )
    INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
    SELECT project, thread, id, position, at, role, content, attachments, metadata
    FROM item CROSS JOIN ROWS FROM (json_to_recordset(messages) AS (${MESSAGE}))
      WITH ORDINALITY AS message (id, role, content, attachments, metadata, position)`,
  createMessages: `
    WITH item AS (
      SELECT *, row_number() OVER (PARTITION BY project, thread) AS nth
      FROM json_to_recordset($1) AS item (project text, thread text, at timestamptz, ${MESSAGE})
    ), grown AS (
      UPDATE threads SET last_position = last_position + count
      FROM (SELECT project, thread, count(*) FROM item GROUP BY project, thread) AS wanted
      WHERE project_id = project AND threads.id = thread
      RETURNING project_id, threads.id AS thread_id, last_position - count AS position
    )
    INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
    SELECT project, thread, id, position + nth, at, role, content, attachments, metadata
    FROM item JOIN grown ON project_id = project AND thread_id = thread`,
} as const;

interface Waiting {
  readonly row: object;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates by statements that requests share, with nothing else of Threadstore, not even a look at whether the thread is
 * there: about the most that it may reach.
 */
export function shared(pool: Pool, name: keyof typeof statements): (row: object) => Promise<void> {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let isScheduled = false;

  function start(): void {
    isScheduled = false;
    while (waiting.length > 0 && underWay < MAX_UNDER_WAY && (underWay === 0 || waiting.length >= WORTH_SHARING)) {
      const batch = waiting.slice(0, MAX_ROWS);
      waiting = waiting.slice(MAX_ROWS);
      underWay++;
      pool
        .query({ name, text: statements[name], values: [JSON.stringify(batch.map(({ row }) => row))] })
        .finally(() => {
          underWay--;
          start();
        })
        .then(
          () => batch.forEach(({ resolve }) => resolve()),
          (error: unknown) => batch.forEach(({ reject }) => reject(error)),
        );
    }
  }

  return (row) =>
    new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject });
      if (!isScheduled) setImmediate(start);
      isScheduled = true;
    });
}
