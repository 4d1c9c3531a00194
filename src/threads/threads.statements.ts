import { recordingOf } from '../events/recording.sql.js';
import { Prisma } from '../generated/prisma/client.js';
import { NEW_MESSAGE } from '../messages/message.sql.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { CHANGED_METADATA, METADATA_CHANGE } from '../metadata/metadata.sql.js';
import { lineOf } from '../prisma/lines.js';
import { settled, unlessLocked } from '../prisma/outcomes.js';
import { type Columns, forRows, listOf, ORDINALITY, type RowsStatement, tableOf } from '../prisma/rows.js';
import { UNIX_SECONDS } from '../prisma/unix-seconds.sql.js';
import { EXPECTED_VERSIONS, IS_EXPECTED_VERSION } from '../versions/version.sql.js';
import { CREATION, DELETION, UPDATED } from './thread-events.sql.js';

/** Deleting a thread deletes its messages. A thread with more than these is deleted by itself: others may be 64 together. */
const MANY_MESSAGES = 200;

/** What `threadIn` reads. */
export const LINE = lineOf([
  Prisma.sql`threads.id`,
  Prisma.sql`version`,
  UNIX_SECONDS,
  Prisma.sql`metadata`,
  Prisma.sql`tool_resources`,
]);

const KEY = { projectId: 'text', id: 'text' } as const;

const FIRST_MESSAGES = { ...KEY, createdAt: 'timestamptz', position: 'int', messages: 'json' } as const;

const NEW_THREAD = {
  ...FIRST_MESSAGES,
  metadata: 'jsonb',
  toolResources: 'jsonb',
  count: 'int',
  vectorStores: 'json',
} as const;

const INSERT_MESSAGES = Prisma.sql`
  INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
  SELECT "projectId", item.id, message.id, coalesce(position, 0) + message.ordinality, "createdAt", role, content,
    attachments, message.metadata
  FROM item CROSS JOIN ROWS FROM (json_to_recordset(messages) AS (${listOf(NEW_MESSAGE)})) WITH ORDINALITY AS message`;

export const FIND = forRows(
  () => Prisma.sql`
    SELECT ${ORDINALITY}, thread.* FROM ${tableOf(KEY)}
    CROSS JOIN LATERAL (
      SELECT ${LINE} AS line FROM threads WHERE project_id = item."projectId" AND threads.id = item.id LIMIT 1
    ) AS thread`,
);

const positionIn = (table: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT extract(epoch FROM created_at)::float8 AS "createdAt", id FROM ${table}
  WHERE project_id = item."projectId" AND id = item.id`;

/** The place of each thread in its project's list, also of one that was deleted. */
export const FIND_POSITION = forRows(
  () => Prisma.sql`
    SELECT ${ORDINALITY}, thread.* FROM ${tableOf(KEY)}
    CROSS JOIN LATERAL (
      ${positionIn(Prisma.sql`threads`)} UNION ALL ${positionIn(Prisma.sql`thread_tombstones`)} LIMIT 1
    ) AS thread`,
);

export const INSERT = (records: boolean): RowsStatement =>
  forRows(
    () => Prisma.sql`
    WITH item AS (
      SELECT * FROM ${tableOf(NEW_THREAD)}
    ), thread AS (
      INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
      SELECT "projectId", id, "createdAt", metadata, "toolResources", count FROM item
    ), stores AS (
      INSERT INTO vector_stores (project_id, id, created_at, file_ids, chunking_strategy, metadata)
      SELECT "projectId", store.id, "createdAt", "fileIds", "chunkingStrategy", store.metadata
      FROM item CROSS JOIN json_to_recordset("vectorStores")
        AS store (id text, "fileIds" json, "chunkingStrategy" json, metadata jsonb)
    )${records ? recordingOf(CREATION) : Prisma.empty}
    ${INSERT_MESSAGES}`,
  );

/** Adds messages to a thread that the same transaction has inserted. */
export const INSERT_MORE_MESSAGES = forRows(
  () => Prisma.sql`WITH item AS (SELECT * FROM ${tableOf(FIRST_MESSAGES)}) ${INSERT_MESSAGES}`,
);

/** Says what the statements before it in a transaction have done. */
export const RECORD_CREATION = forRows(
  () => Prisma.sql`
    WITH item AS (SELECT * FROM ${tableOf({ ...KEY, messages: 'json' })})${recordingOf(CREATION)}
    SELECT count(*)::int FROM feed`,
);

/** The items, each with its thread locked: those that are not `held` have none, or leave it to who has locked it. */
const itemsWith = (columns: Columns, lock: Prisma.Sql): Prisma.Sql => Prisma.sql`
    item AS (
      SELECT item.*, held FROM ${tableOf({ ...KEY, ...columns })}
      LEFT JOIN LATERAL (
        SELECT true AS held FROM threads WHERE project_id = item."projectId" AND threads.id = item.id ${lock}
      ) AS locked ON true
    )`;

const IS_THERE = Prisma.sql`SELECT true FROM threads WHERE project_id = item."projectId" AND threads.id = item.id`;

export const CHANGE = (records: boolean): RowsStatement =>
  forRows(
    (patient) => Prisma.sql`
    WITH ${itemsWith(
      { ...EXPECTED_VERSIONS, ...METADATA_CHANGE, tools: 'json' },
      Prisma.sql`FOR NO KEY UPDATE ${unlessLocked(patient)}`,
    )}, updated AS (
      UPDATE threads SET metadata = ${CHANGED_METADATA},
        tool_resources = (tool_resources - ARRAY(SELECT json_array_elements_text(tools->'remove'))) || (tools->'set')::jsonb,
        version = version + 1
      FROM item
      WHERE held AND project_id = item."projectId" AND threads.id = item.id AND ${IS_EXPECTED_VERSION}
        AND (SELECT count(*) FROM jsonb_object_keys(${CHANGED_METADATA})) <= ${MAX_METADATA_PAIRS}
      RETURNING project_id, threads.id, version, ordinality, ${LINE} AS line
    )${records ? recordingOf(UPDATED) : Prisma.empty}
    ${settled(Prisma.sql`line`, IS_THERE, Prisma.sql`updated`)}`,
  );

export const DELETE = (records: boolean): RowsStatement =>
  forRows(
    (patient) => Prisma.sql`
    WITH ${itemsWith(
      EXPECTED_VERSIONS,
      Prisma.sql`${patient ? Prisma.empty : Prisma.sql`AND last_position <= ${MANY_MESSAGES}`}
        FOR UPDATE ${unlessLocked(patient)}`,
    )}, deleted AS (
      DELETE FROM threads USING item WHERE held AND project_id = item."projectId" AND threads.id = item.id
        AND ${IS_EXPECTED_VERSION}
      RETURNING project_id, threads.id, created_at, ordinality, true AS done
    ), buried AS (
      INSERT INTO thread_tombstones (project_id, id, created_at) SELECT project_id, id, created_at FROM deleted
    )${records ? recordingOf(DELETION) : Prisma.empty}
    ${settled(Prisma.sql`done`, IS_THERE, Prisma.sql`deleted`)}`,
  );
