import { Prisma } from '../generated/prisma/client.js';
import type { Metadata } from '../metadata/metadata.js';

/** Of several pairs, so many threads of the one that fewest have are looked at for the others, in 2 milliseconds. */
const NEXT = 500;

/** A part of a project's list of threads, of which the first are wanted. */
export interface Part {
  readonly projectId: string;
  readonly conditions: Prisma.Sql;
  readonly ascending: boolean;
  readonly inOrder: Prisma.Sql;
  readonly count: number;
}

/** The places in the list, `created_at` and `id`, of the first threads that have all of these pairs. */
export function placesWith(metadata: Metadata, part: Part): Prisma.Sql {
  const pairs = Prisma.sql`${JSON.stringify(metadata)}::jsonb`;
  if (Object.keys(metadata).length > 1) return placesWithAll(pairs, part);
  return Prisma.sql`${placesWithOne(hashesOf(pairs), part)} ${part.inOrder} LIMIT ${part.count}`;
}

const hashesOf = (pairs: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`SELECT thread_pair(key, value) AS pair FROM jsonb_each_text(${pairs})`;

const placesWithOne = (pair: Prisma.Sql, { projectId, conditions }: Part): Prisma.Sql => Prisma.sql`
  SELECT created_at, id FROM thread_pairs WHERE project_id = ${projectId} AND pair = (${pair}) ${conditions}`;

/**
 * Of the pair that fewest have, the next threads are looked at. Where they do not make a page, its list is merged with
 * that of another pair, from where both have begun. PostgreSQL would guess from its statistics which of the two is faster,
 * and be wrong by seconds. More than some milliseconds it takes only where many have each of two pairs, and few have both.
 */
function placesWithAll(pairs: Prisma.Sql, part: Part): Prisma.Sql {
  const { projectId, ascending, inOrder, count } = part;
  const [first, last, isReached] = ascending
    ? [Prisma.sql`min`, Prisma.sql`max`, Prisma.sql`>=`]
    : [Prisma.sql`max`, Prisma.sql`min`, Prisma.sql`<=`];
  const listOf = (pair: Prisma.Sql): Prisma.Sql => Prisma.sql`
    ${placesWithOne(pair, part)} AND created_at ${isReached} (SELECT start FROM rarest) ${inOrder}`;
  const page = (places: Prisma.Sql): Prisma.Sql => Prisma.sql`
    SELECT * FROM (${places}) AS place
    WHERE (SELECT metadata @> ${pairs} FROM threads WHERE project_id = ${projectId} AND threads.id = place.id)
    ${inOrder} LIMIT ${count}`;
  const unlessDone = Prisma.sql`FROM rarest WHERE threads = ${NEXT} AND (SELECT count(*) FROM near) < ${count}`;
  // No join: where PostgreSQL expects a row of each list it compares each of one with each of the other.
  return Prisma.sql`
    WITH rarest AS MATERIALIZED (
      SELECT array_agg(pair ORDER BY threads, span DESC) AS pairs, min(threads) AS threads, ${last}(start) AS start
      FROM (${hashesOf(pairs)}) AS wanted CROSS JOIN LATERAL (
        SELECT count(*) AS threads, max(created_at) - min(created_at) AS span, ${first}(created_at) AS start
        FROM (${placesWithOne(Prisma.sql`wanted.pair`, part)} ${inOrder} LIMIT ${NEXT}) AS next
      ) AS next
    ), near AS MATERIALIZED (
      ${page(Prisma.sql`${listOf(Prisma.sql`SELECT pairs[1] FROM rarest`)} LIMIT ${NEXT}`)}
    )
    SELECT * FROM near
    UNION
    (${page(Prisma.sql`
      SELECT created_at, id FROM (
        SELECT *, lag(id) OVER (${inOrder}) AS before FROM (
          (${listOf(Prisma.sql`SELECT pairs[1] ${unlessDone}`)})
          UNION ALL
          (${listOf(Prisma.sql`SELECT pairs[2] ${unlessDone}`)})
        ) AS either
      ) AS met WHERE before = id`)})`;
}
