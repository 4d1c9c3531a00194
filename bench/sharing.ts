import type { Pool } from 'pg';

/** As Threadstore does it, but for what it does alone: what is asked for while a statement is under way shares the next. */
const MAX_ROWS = 64;
const MAX_UNDER_WAY = 3;
const WORTH_SHARING = 11;

const CREATE_MANY = `
  INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
  SELECT "projectId", id, "createdAt", metadata, tools, 0 FROM json_to_recordset($1::json)
    AS item ("projectId" text, id text, "createdAt" timestamptz, metadata jsonb, tools jsonb)`;

interface Waiting {
  readonly row: object;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Creates empty threads by statements that requests share, with nothing else of Threadstore: the most that it may reach. */
export function sharedCreation(pool: Pool): (row: object) => Promise<void> {
  let waiting: Waiting[] = [];
  let underWay = 0;

  function start(): void {
    while (waiting.length > 0 && underWay < MAX_UNDER_WAY && (underWay === 0 || waiting.length >= WORTH_SHARING)) {
      const batch = waiting.slice(0, MAX_ROWS);
      waiting = waiting.slice(MAX_ROWS);
      underWay++;
      pool
        .query({ name: 'createMany', text: CREATE_MANY, values: [JSON.stringify(batch.map(({ row }) => row))] })
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
      if (waiting.length === 1) setImmediate(start);
    });
}
