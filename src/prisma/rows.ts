import { Prisma } from '../generated/prisma/client.js';

/** What a statement is run for, and the same as JSON, which says how large it is. */
export interface Row {
  readonly item: object;
  readonly json: string;
}

export const rowOf = (item: object): Row => ({ item, json: JSON.stringify(item) });

/** Rows of the same fields. */
export type Rows = readonly Row[];

/** The fields that a statement reads of its rows, by their names, with their types in PostgreSQL. */
export type Columns = Readonly<
  Record<
    string,
    'bigint' | 'boolean' | 'float8' | 'int' | 'int[]' | 'json' | 'jsonb' | 'text' | 'text[]' | 'timestamptz'
  >
>;

/** A row of more characters comes as JSON also when it is alone: to write it once more would hold others up. */
const LARGE = 16 * 1024;

/** SQL with a number for each of its values, ready to be sent. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The number of a row, from 1, beside what a statement says of it. */
export type Numbered<Result> = Result & { readonly ordinality: number };

/** Takes the place of a value in a statement that is written before there are rows. */
class Parameter {
  constructor(readonly of: (rows: Rows) => unknown) {}
}

const ALL_ROWS = new Parameter((rows) => `[${rows.map(({ json }) => json).join()}]`);

/** Takes the place of the rows in a statement that may be for one or for many. */
class Table {
  constructor(private readonly columns: Columns) {}

  forMany(): Prisma.Sql {
    return Prisma.sql`ROWS FROM (json_to_recordset(${ALL_ROWS}::json) AS (${listOf(this.columns)})) WITH ORDINALITY`;
  }

  /** A row that is alone comes as a parameter a column: to take JSON apart is 5 to 8 % of PostgreSQL's time for it. */
  forOne(): Prisma.Sql {
    const columns = Object.entries(this.columns).map(([name, type]) => {
      const parameter = new Parameter(([row]) => valueOf(Reflect.get(row!.item, name), type.startsWith('json')));
      return Prisma.sql`${parameter}::${Prisma.raw(`${type} AS "${name}"`)}`;
    });
    return Prisma.sql`(SELECT ${Prisma.join(columns)}, 1::bigint AS ordinality)`;
  }
}

function valueOf(value: unknown, isJson: boolean): unknown {
  if (value === undefined || value === null) return null;
  if (isJson) return JSON.stringify(value);
  return value instanceof Date ? value.toISOString() : value;
}

/** The columns as a definition of them. */
export const listOf = (columns: Columns): Prisma.Sql =>
  Prisma.raw(
    Object.entries(columns)
      .map(([name, type]) => `"${name}" ${type}`)
      .join(),
  );

/** The rows as a table `item` with these columns, and its `ordinality`. */
export const tableOf = (columns: Columns): Prisma.Sql => Prisma.sql`${new Table(columns)} AS item`;

/** To be selected: a whole number, which is 64 bits wide otherwise and would come as a string. */
export const ORDINALITY = Prisma.sql`ordinality::int`;

export type RowsStatement = (rows: Rows, patient: boolean) => Statement;

/**
 * A statement over `tableOf` some rows, written once for patient ones and once for those that leave what is locked, and of
 * both once for one row and once for many. Prisma puts its SQL together each time that it is asked for the text.
 */
export function forRows(write: (patient: boolean) => Prisma.Sql): RowsStatement {
  const hasty = written(write(false));
  const patient = written(write(true));
  return (rows, isPatient) => (isPatient ? patient : hasty)(rows);
}

function written(sql: Prisma.Sql): (rows: Rows) => Statement {
  const one = withTables(sql, (table) => table.forOne());
  const many = withTables(sql, (table) => table.forMany());
  return (rows) => {
    const { text, values } = rows.length === 1 && rows[0]!.json.length <= LARGE ? one : many;
    return { text, values: values.map((value) => (value instanceof Parameter ? value.of(rows) : value)) };
  };
}

function withTables({ strings, values }: Prisma.Sql, tableFor: (table: Table) => Prisma.Sql): Statement {
  const { text, values: parameters } = new Prisma.Sql(
    strings,
    values.map((value) => (value instanceof Table ? tableFor(value) : value)),
  );
  return { text, values: parameters };
}

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
