import { Prisma } from '../generated/prisma/client.js';
import type { Slice } from '../pagination/page.js';
import { placesWith } from './thread-pairs.sql.js';
import type { ThreadFilter, ThreadPosition } from './thread.js';
import { LINE } from './threads.statements.js';

/** The first `count` threads of a slice of a project's list. */
export function threadsIn(
  projectId: string,
  { metadata, ...times }: ThreadFilter,
  slice: Slice<ThreadPosition>,
  count: number,
): Prisma.Sql {
  const { ascending } = slice;
  const conditions = conditionsOf(times, slice);
  const inOrder = ascending ? Prisma.sql`ORDER BY created_at, id` : Prisma.sql`ORDER BY created_at DESC, id DESC`;
  if (!metadata || Object.keys(metadata).length === 0) {
    return Prisma.sql`
      SELECT ${LINE} AS line FROM threads WHERE project_id = ${projectId} ${conditions} ${inOrder} LIMIT ${count}`;
  }
  const places = placesWith(metadata, { projectId, conditions, ascending, inOrder, count });
  return Prisma.sql`
    SELECT ${LINE} AS line FROM (SELECT id FROM (${places}) AS place) AS place (thread_id) CROSS JOIN LATERAL (
      SELECT * FROM threads WHERE project_id = ${projectId} AND id = thread_id LIMIT 1
    ) AS threads ${inOrder}`;
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
