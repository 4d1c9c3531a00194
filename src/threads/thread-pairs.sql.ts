import { Prisma } from '../generated/prisma/client.js';
import type { Direction } from '../pagination/page.js';
import { IN_ORDER, IN_PART, PROJECT } from './thread-part.sql.js';

/** Of several pairs, so many threads of the one that fewest have are looked at for the others, in 2 milliseconds. */
const NEXT = 500;

const HASHES = Prisma.sql`SELECT thread_pair(key, value) AS pair FROM jsonb_each_text(item.pairs)`;

/** The places in the list, `created_at` and `id`, of the first threads of a part that has one pair. */
export const placesWithOne = (direction: Direction): Prisma.Sql =>
  Prisma.sql`${placesWith(HASHES)} ${IN_ORDER[direction]} LIMIT count`;

const placesWith = (pair: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`SELECT created_at, id FROM thread_pairs WHERE pair = (${pair}) AND ${IN_PART}`;

/**
 * The same of a part that has several pairs. Of the pair that fewest have, the next threads are looked at. Where they do
 * not make a page, its list is merged with that of another pair, from where both have begun. PostgreSQL would guess from
 * its statistics which of the two is faster, and be wrong by seconds. More than some milliseconds it takes only where many
 * have each of two pairs, and few have both.
 */
export function placesWithAll(direction: Direction): Prisma.Sql {
  const inOrder = IN_ORDER[direction];
  const [first, last, isReached] =
    direction === 'ascending'
      ? [Prisma.sql`min`, Prisma.sql`max`, Prisma.sql`>=`]
      : [Prisma.sql`max`, Prisma.sql`min`, Prisma.sql`<=`];
  const listOf = (pair: Prisma.Sql): Prisma.Sql => Prisma.sql`
    ${placesWith(pair)} AND created_at ${isReached} (SELECT start FROM rarest) ${inOrder}`;
  const page = (places: Prisma.Sql): Prisma.Sql => Prisma.sql`
    SELECT * FROM (${places}) AS place
    WHERE (SELECT metadata @> item.pairs FROM threads WHERE project_id = ${PROJECT} AND threads.id = place.id)
    ${inOrder} LIMIT count`;
  const unlessDone = Prisma.sql`FROM rarest WHERE threads = ${NEXT} AND (SELECT count(*) FROM near) < item.count`;
  // No join: where PostgreSQL expects a row of each list it compares each of one with each of the other.
  return Prisma.sql`
    WITH rarest AS MATERIALIZED (
      SELECT array_agg(pair ORDER BY threads, span DESC) AS pairs, min(threads) AS threads, ${last}(start) AS start
      FROM (${HASHES}) AS wanted CROSS JOIN LATERAL (
        SELECT count(*) AS threads, max(created_at) - min(created_at) AS span, ${first}(created_at) AS start
        FROM (${placesWith(Prisma.sql`wanted.pair`)} ${inOrder} LIMIT ${NEXT}) AS next
      ) AS next
    ), near AS MATERIALIZED (
      ${page(Prisma.sql`${listOf(Prisma.sql`SELECT rarest.pairs[1] FROM rarest`)} LIMIT ${NEXT}`)}
    )
    SELECT * FROM near
    UNION
    (${page(Prisma.sql`
      SELECT created_at, id FROM (
        SELECT *, lag(id) OVER (${inOrder}) AS before FROM (
          (${listOf(Prisma.sql`SELECT rarest.pairs[1] ${unlessDone}`)})
          UNION ALL
          (${listOf(Prisma.sql`SELECT rarest.pairs[2] ${unlessDone}`)})
        ) AS either
      ) AS met WHERE before = id`)})`;
}
