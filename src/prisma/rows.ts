import { Prisma } from '../generated/prisma/client.js';

/** What a statement is run for: JSON objects of the same fields. */
export type Rows = readonly string[];

/** The number of a row, from 1, beside what a statement says of it. */
export type Numbered<Result> = Result & { readonly ordinality: number };

/** The rows as a table `item` with these columns, and its `ordinality`. */
export const tableOf = (rows: Rows, columns: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`ROWS FROM (json_to_recordset(${`[${rows.join()}]`}::json) AS (${columns})) WITH ORDINALITY AS item`;

/** To be selected: a whole number, which Prisma would otherwise give back as a BigInt. */
export const ORDINALITY = Prisma.sql`ordinality::int`;

/** The results in the order of the rows, with `missing` where there is none. */
export function inOrder<Result, Missing>(
  rows: Rows,
  results: readonly Numbered<Result>[],
  missing: Missing,
): (Result | Missing)[] {
  const ordered = rows.map((): Result | Missing => missing);
  for (const result of results) ordered[result.ordinality - 1] = result;
  return ordered;
}

/** For the lock on a row: a statement for many leaves what others hold to be waited for by itself. */
export const unlessLocked = (patient: boolean): Prisma.Sql => (patient ? Prisma.empty : Prisma.sql`SKIP LOCKED`);
