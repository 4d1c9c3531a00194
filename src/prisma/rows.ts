import { Prisma } from '../generated/prisma/client.js';

/** What a statement is run for: JSON objects of the same fields. */
export type Rows = readonly string[];

/** SQL with a number for each of its values, ready to be sent. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The number of a row, from 1, beside what a statement says of it. */
export type Numbered<Result> = Result & { readonly ordinality: number };

/** Takes the place of the rows in a statement that is written before there are any. */
const ROWS = Symbol('rows');

/** The rows as a table `item` with these columns, and its `ordinality`. */
export const tableOf = (columns: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`ROWS FROM (json_to_recordset(${ROWS}::json) AS (${columns})) WITH ORDINALITY AS item`;

/** To be selected: a whole number, which is 64 bits wide otherwise and would come as a string. */
export const ORDINALITY = Prisma.sql`ordinality::int`;

export type RowsStatement = (rows: Rows, patient: boolean) => Statement;

/** A statement over `tableOf` some rows, written once for patient ones and once for those that leave what is locked. */
export function forRows(write: (patient: boolean) => Prisma.Sql): RowsStatement {
  const hasty = written(write(false));
  const patient = written(write(true));
  return (rows, isPatient) => {
    const { text, values } = isPatient ? patient : hasty;
    return { text, values: values.map((value) => (value === ROWS ? `[${rows.join()}]` : value)) };
  };
}

/** Prisma puts its SQL together each time that it is asked for the text. */
const written = ({ text, values }: Prisma.Sql): Statement => ({ text, values });

/** What is read of the results, in the order of the rows, with `missing` where there is none. */
export function inOrder<Result, Item, Missing>(
  rows: Rows,
  results: readonly Numbered<Result>[],
  missing: Missing,
  read: (result: Result) => Item,
): (Item | Missing)[] {
  const ordered = rows.map((): Item | Missing => missing);
  for (const result of results) ordered[result.ordinality - 1] = read(result);
  return ordered;
}
