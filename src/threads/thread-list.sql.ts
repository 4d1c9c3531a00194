import { Prisma } from '../generated/prisma/client.js';
import type { Direction } from '../pagination/page.js';
import { ALL_LINES, SMALL_LINES } from '../prisma/lines.js';
import { forRows, ORDINALITY, type RowsStatement, tableOf } from '../prisma/rows.js';
import { placesWithAll, placesWithOne } from './thread-pairs.sql.js';
import { IN_ORDER, IN_PART, PART, PROJECT } from './thread-part.sql.js';
import { LINE } from './threads.statements.js';

/** Reads a page of each part, in this direction. A large page that is not asked for patiently is not complete. */
export type Pages = Readonly<Record<Direction, RowsStatement>>;

const pagesOf = (lines: (direction: Direction) => Prisma.Sql): Pages => {
  const pages = (direction: Direction): RowsStatement =>
    forRows(
      (patient) => Prisma.sql`
      SELECT ${ORDINALITY}, page.* FROM ${tableOf(PART)}
      CROSS JOIN LATERAL (SELECT ${patient ? ALL_LINES : SMALL_LINES} FROM (${lines(direction)}) AS thread) AS page`,
    );
  return { ascending: pages('ascending'), descending: pages('descending') };
};

const threadsAt = (places: Prisma.Sql, direction: Direction): Prisma.Sql => Prisma.sql`
  SELECT ${LINE} AS line FROM (SELECT id FROM (${places}) AS place) AS place (thread_id) CROSS JOIN LATERAL (
    SELECT * FROM threads WHERE project_id = ${PROJECT} AND id = thread_id LIMIT 1
  ) AS threads ${IN_ORDER[direction]}`;

export const PAGES = pagesOf(
  (direction) => Prisma.sql`SELECT ${LINE} AS line FROM threads WHERE ${IN_PART} ${IN_ORDER[direction]} LIMIT count`,
);

export const PAGES_WITH_ONE_PAIR = pagesOf((direction) => threadsAt(placesWithOne(direction), direction));

export const PAGES_WITH_ALL_PAIRS = pagesOf((direction) => threadsAt(placesWithAll(direction), direction));
