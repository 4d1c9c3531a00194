import { Prisma } from '../generated/prisma/client.js';
import type { Slice } from '../pagination/page.js';
import type { ThreadFilter, ThreadPosition } from './thread.js';
import { LINE } from './threads.statements.js';

/**
 * So many threads are looked at one by one for those that have the metadata, in half a millisecond. Where they make a
 * quarter of a page, and no whole one, five times as many are looked at. Where fewer have it, the index of metadata has a
 * short list of them; of what one in 60 of 300,000 threads has it is a long one, which took 14 milliseconds. A smaller
 * share than a quarter would lead a user's 25 of 10,000 threads past their index.
 */
const NEAR = 1_000;
const FAR = 5 * NEAR;
const WORTH_MORE = 1 / 4;

/** The first `count` threads of a slice of a project's list. */
export function threadsIn(
  projectId: string,
  { metadata, ...times }: ThreadFilter,
  slice: Slice<ThreadPosition>,
  count: number,
): Prisma.Sql {
  const conditions = conditionsOf(times, slice);
  const direction = slice.ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
  const inOrder = Prisma.sql`ORDER BY created_at ${direction}, id ${direction}`;
  const next = (columns: Prisma.Sql, limit: number): Prisma.Sql => Prisma.sql`
    SELECT ${columns} FROM threads WHERE project_id = ${projectId} ${conditions} ${inOrder} LIMIT ${limit}`;
  if (!metadata) return next(Prisma.sql`${LINE} AS line`, count);

  // Which way is faster PostgreSQL would guess from its statistics, and walk through the whole list where only old
  // threads have the metadata. `IS NOT DISTINCT FROM` leaves the index of metadata as the only one for the last way, and
  // a limit of 0 keeps a way from being begun.
  const pairs = JSON.stringify(metadata);
  const some = Math.ceil(count * WORTH_MORE);
  const among = (threads: number, limit: Prisma.Sql): Prisma.Sql => Prisma.sql`
    SELECT * FROM (${next(Prisma.sql`*`, threads)}) AS next WHERE metadata @> ${pairs}::jsonb LIMIT ${limit}`;
  return Prisma.sql`
    SELECT ${LINE} AS line FROM (
      WITH near AS MATERIALIZED (
        ${among(NEAR, Prisma.sql`${count}`)}
      ), far AS MATERIALIZED (
        ${among(FAR, Prisma.sql`(SELECT CASE WHEN count(*) >= ${some} AND count(*) < ${count} THEN ${count} ELSE 0 END FROM near)`)}
      ), page AS MATERIALIZED (
        SELECT * FROM near WHERE (SELECT count(*) FROM near) = ${count}
        UNION ALL
        SELECT * FROM far WHERE (SELECT count(*) FROM far) = ${count}
      )
      SELECT * FROM page
      UNION ALL (
        SELECT * FROM threads
        WHERE project_id IS NOT DISTINCT FROM ${projectId}
          AND jsonb_set('{}', ARRAY[project_id], metadata) @> jsonb_set('{}', ARRAY[${projectId}], ${pairs}::jsonb)
          ${conditions}
        ${inOrder} LIMIT (SELECT CASE count(*) WHEN 0 THEN ${count} ELSE 0 END FROM page)
      )
    ) AS threads
    ${inOrder}`;
}

/** Times are given in the whole seconds that the API shows, and a thread has milliseconds. */
function conditionsOf(
  { createdAfter, createdBefore }: ThreadFilter,
  { above, below }: Slice<ThreadPosition>,
): Prisma.Sql {
  const conditions: Prisma.Sql[] = [];
  if (createdAfter !== undefined) conditions.push(Prisma.sql`AND created_at >= to_timestamp(${createdAfter + 1})`);
  if (createdBefore !== undefined) conditions.push(Prisma.sql`AND created_at < to_timestamp(${createdBefore})`);
  if (above) conditions.push(Prisma.sql`AND (created_at, id) > (${time(above.createdAt)}, ${above.id})`);
  if (below) conditions.push(Prisma.sql`AND (created_at, id) < (${time(below.createdAt)}, ${below.id})`);
  return conditions.length > 0 ? Prisma.join(conditions, ' ') : Prisma.empty;
}

const time = (value: Date): Prisma.Sql => Prisma.sql`${value.toISOString()}::timestamptz`;
