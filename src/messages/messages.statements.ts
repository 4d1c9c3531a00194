import { recordingOf } from '../events/recording.sql.js';
import { Prisma } from '../generated/prisma/client.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { CHANGED_METADATA, METADATA_CHANGE } from '../metadata/metadata.sql.js';
import type { Direction } from '../pagination/page.js';
import { lineOf, linesOf, SMALL_LINES } from '../prisma/lines.js';
import { settled, unlessLocked } from '../prisma/outcomes.js';
import { type Columns, forRows, ORDINALITY, type RowsStatement, tableOf } from '../prisma/rows.js';
import { UNIX_SECONDS } from '../prisma/unix-seconds.sql.js';
import { EXPECTED_VERSIONS, IS_EXPECTED_VERSION } from '../versions/version.sql.js';
import { APPENDING, DELETION, UPDATED } from './message-events.sql.js';
import { NEW_MESSAGE } from './message.sql.js';

/** The content of a page, in bytes: the message that reaches it is the last. */
const MAX_PAGE = 8 * 1024 * 1024;

/** What `messageIn` reads. */
const LINE = lineOf([
  Prisma.sql`messages.id`,
  Prisma.sql`version`,
  Prisma.sql`thread_id`,
  UNIX_SECONDS,
  Prisma.sql`role`,
  Prisma.sql`content`,
  Prisma.sql`attachments`,
  Prisma.sql`messages.metadata`,
]);

const THREAD = Prisma.sql`item."threadId"`;

const IS_THREAD = Prisma.sql`project_id = item."projectId" AND threads.id = ${THREAD}`;

const THREAD_KEY = { projectId: 'text', threadId: 'text' } as const;

const KEY = { ...THREAD_KEY, id: 'text' } as const;

export const FIND = forRows(
  () => Prisma.sql`
    SELECT ${ORDINALITY}, message.* FROM ${tableOf(KEY)}
    CROSS JOIN LATERAL (
      SELECT ${LINE} AS line FROM messages
      WHERE project_id = item."projectId" AND thread_id = item."threadId" AND messages.id = item.id LIMIT 1
    ) AS message`,
);

/**
 * Positions are handed out in the order of the rows, which may be several of a thread. These are all held or left: who has
 * the thread may let go of it between the look at one and at the next.
 */
export const APPEND = (records: boolean): RowsStatement =>
  forRows(
    (patient) => Prisma.sql`
    WITH item AS (
      SELECT item.*, first_value(last_position) OVER of_thread + row_number() OVER of_thread AS position,
        first_value(last_position) OVER of_thread IS NOT NULL AS held, lead(true) OVER of_thread IS NULL AS is_last
      FROM ${tableOf({ ...THREAD_KEY, createdAt: 'timestamptz', ...NEW_MESSAGE })}
      LEFT JOIN LATERAL (
        SELECT last_position FROM threads WHERE ${IS_THREAD} FOR NO KEY UPDATE ${unlessLocked(patient)}
      ) AS locked ON true
      WINDOW of_thread AS (PARTITION BY "projectId", "threadId" ORDER BY ordinality)
    ), message AS NOT MATERIALIZED (
      SELECT * FROM item WHERE held
    ), thread AS (
      UPDATE threads SET last_position = position FROM message AS item WHERE is_last AND ${IS_THREAD}
    ), stored AS (
      INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
      SELECT "projectId", "threadId", id, position, "createdAt", role, content, attachments, metadata FROM message
    )${records ? recordingOf(APPENDING) : Prisma.empty}
    ${settled(Prisma.sql`held AS done`, Prisma.sql`SELECT true FROM threads WHERE ${IS_THREAD}`)}`,
  );

const SLICE = { projectId: 'text', thread: 'text', above: 'text', below: 'text', count: 'int' } as const;

const IN_THREAD = Prisma.sql`project_id = item."projectId" AND thread_id = item.thread`;

const positionIn = (table: Prisma.Sql, id: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`SELECT position FROM ${table} WHERE ${IN_THREAD} AND id = ${id}`;

/** Of a message, also of one that was deleted from the thread. */
const positionOf = (id: Prisma.Sql): Prisma.Sql => Prisma.sql`(
  ${positionIn(Prisma.sql`messages`, id)} UNION ALL ${positionIn(Prisma.sql`message_tombstones`, id)} LIMIT 1)`;

/** Positions begin with 1, and are 32 bits wide. */
const LAST_POSITION = 2 ** 31 - 1;

/**
 * The positions of both cursors, null when there is no such message. OFFSET has them looked up once, and not wherever they
 * are used.
 */
const POSITIONS = Prisma.sql`
  SELECT CASE WHEN item.above IS NULL THEN 0 ELSE ${positionOf(Prisma.sql`item.above`)} END AS above,
    CASE WHEN item.below IS NULL THEN ${LAST_POSITION} ELSE ${positionOf(Prisma.sql`item.below`)} END AS below
  OFFSET 0`;

const IN_ORDER: Readonly<Record<Direction, Prisma.Sql>> = {
  ascending: Prisma.sql`ORDER BY position`,
  descending: Prisma.sql`ORDER BY position DESC`,
};

interface Bounds {
  /** The cursor that is not there. */
  readonly missing: Prisma.Sql;
  readonly join: Prisma.Sql;
  readonly condition: Prisma.Sql;
}

/** A page without cursors takes PostgreSQL a fifth less than one that looks for none. */
const WHOLE_THREAD: Bounds = { missing: Prisma.sql`NULL`, join: Prisma.empty, condition: Prisma.empty };

const BETWEEN_CURSORS: Bounds = {
  missing: Prisma.sql`CASE WHEN positions.above IS NULL THEN item.above WHEN positions.below IS NULL THEN item.below END`,
  join: Prisma.sql`CROSS JOIN LATERAL (${POSITIONS}) AS positions`,
  condition: Prisma.sql`AND position > positions.above AND position < positions.below`,
};

/**
 * The messages of each slice, in reading order, how many were found, and which cursor is missing, if one is. A large
 * message that is not asked for patiently is left out. Of patient ones the sizes are added up, and a page ends with the
 * message that makes it full. Of a thread that is not there, there is no page.
 */
export const page = (direction: Direction, hasCursor: boolean): RowsStatement =>
  forRows((patient) => {
    const bounds = hasCursor ? BETWEEN_CURSORS : WHOLE_THREAD;
    const inOrder = IN_ORDER[direction];
    const messages = (columns: Prisma.Sql): Prisma.Sql =>
      Prisma.sql`SELECT ${columns} FROM messages WHERE ${IN_THREAD} ${bounds.condition} ${inOrder} LIMIT count`;
    const small = Prisma.sql`SELECT ${SMALL_LINES} FROM (${messages(Prisma.sql`${LINE} AS line`)}) AS message`;
    const full = Prisma.sql`
      SELECT max(found)::int AS found, ${linesOf(LINE)} AS lines FROM (
        SELECT *, count(*) OVER () AS found, sum(size) OVER (${inOrder}) - size AS before
        FROM (${messages(Prisma.sql`*, octet_length(content::text) AS size`)}) AS message ${inOrder}
      ) AS messages WHERE before < ${MAX_PAGE}`;
    return Prisma.sql`
      SELECT ${ORDINALITY}, ${bounds.missing} AS missing, page.* FROM ${tableOf(SLICE)} ${bounds.join}
      CROSS JOIN LATERAL (${patient ? full : small}) AS page
      WHERE found > 0 OR EXISTS (SELECT FROM threads WHERE project_id = item."projectId" AND id = item.thread)`;
  });

/**
 * The items, each with its message locked: those that are not `held` have none, or leave it to who has locked it. The thread
 * is locked first, and the message looked for by that one. Else a delete of the thread, which takes its messages along,
 * would wait for one with all that shares its statement; or hold the feed that he who has the message waits for. It is the
 * lock of those who change the thread: beside a weaker one, an UPDATE that has locked the row asks for its older version
 * too, which another one may hold who waits for the newer. With FOR KEY SHARE there were 7 deadlocks in 1,000 requests for
 * busy threads, of a second each.
 */
const itemsWith = (columns: Columns, lock: Prisma.Sql, patient: boolean): Prisma.Sql => Prisma.sql`
    item AS (
      SELECT item.*, held FROM ${tableOf({ ...KEY, ...columns })}
      LEFT JOIN LATERAL (
        SELECT id FROM threads WHERE ${IS_THREAD} FOR NO KEY UPDATE ${unlessLocked(patient)}
      ) AS locked_thread ON true
      LEFT JOIN LATERAL (
        SELECT true AS held FROM messages
        WHERE project_id = item."projectId" AND thread_id = locked_thread.id AND messages.id = item.id
        ${lock} ${unlessLocked(patient)}
      ) AS locked ON true
    )`;

const IS_ITEM = Prisma.sql`project_id = item."projectId" AND thread_id = ${THREAD} AND messages.id = item.id`;

const IS_THERE = Prisma.sql`SELECT true FROM messages WHERE ${IS_ITEM}`;

export const CHANGE = (records: boolean): RowsStatement =>
  forRows(
    (patient) => Prisma.sql`
    WITH ${itemsWith({ ...EXPECTED_VERSIONS, ...METADATA_CHANGE }, Prisma.sql`FOR NO KEY UPDATE`, patient)}, updated AS (
      UPDATE messages SET metadata = ${CHANGED_METADATA}, version = version + 1 FROM item
      WHERE held AND ${IS_ITEM} AND ${IS_EXPECTED_VERSION}
        AND (SELECT count(*) FROM jsonb_object_keys(${CHANGED_METADATA})) <= ${MAX_METADATA_PAIRS}
      RETURNING project_id, thread_id, messages.id, version, ordinality, ${LINE} AS line
    )${records ? recordingOf(UPDATED) : Prisma.empty}
    ${settled(Prisma.sql`line`, IS_THERE, Prisma.sql`updated`)}`,
  );

export const DELETE = (records: boolean): RowsStatement =>
  forRows(
    (patient) => Prisma.sql`
    WITH ${itemsWith(EXPECTED_VERSIONS, Prisma.sql`FOR UPDATE`, patient)}, deleted AS (
      DELETE FROM messages USING item WHERE held AND ${IS_ITEM} AND ${IS_EXPECTED_VERSION}
      RETURNING project_id, thread_id, messages.id, position, ordinality, true AS done
    ), buried AS (
      INSERT INTO message_tombstones (project_id, thread_id, id, position)
      SELECT project_id, thread_id, id, position FROM deleted
    )${records ? recordingOf(DELETION) : Prisma.empty}
    ${settled(Prisma.sql`done`, IS_THERE, Prisma.sql`deleted`)}`,
  );
