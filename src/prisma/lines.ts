import { Prisma } from '../generated/prisma/client.js';

/** ASCII's own separators. JSON may hold neither as it is, and ids, roles and numbers hold none. */
const FIELD_SEPARATOR = '\u001f';
const LINE_SEPARATOR = '\u001e';

const literal = (separator: string): Prisma.Sql => Prisma.raw(`chr(${separator.charCodeAt(0)})`);

/**
 * A row as one text, of columns that are not null. A page of 20 messages takes PostgreSQL half as long as one text than
 * as rows of columns, and Node less: it takes nothing apart that it sends on.
 */
export const lineOf = (columns: readonly Prisma.Sql[]): Prisma.Sql =>
  Prisma.sql`concat_ws(${literal(FIELD_SEPARATOR)}, ${Prisma.join(columns)})`;

/** The lines of many rows as one text, in their order. Those that are null are left out. */
export const linesOf = (line: Prisma.Sql): Prisma.Sql => Prisma.sql`string_agg(${line}, ${literal(LINE_SEPARATOR)})`;

/** A page of more bytes is read by a statement of its own, and one with a line of more than an eighth of that. */
const LARGE_PAGE = 1024 * 1024;
const LARGE_LINE = LARGE_PAGE / 8;

/** A page of lines, as it comes: how many were found, and their text, without those that were left out. */
export interface PageRow {
  readonly found: number;
  readonly lines: string | null;
}

const FOUND = Prisma.sql`count(*)::int AS found`;

/** To be selected of the column `line`: a page of all. */
export const ALL_LINES = Prisma.sql`${FOUND}, ${linesOf(Prisma.sql`line`)} AS lines`;

/** To be selected of the column `line`: a page without the large lines, and without any when it is large. */
export const SMALL_LINES = Prisma.sql`${FOUND}, CASE WHEN sum(octet_length(line)) <= ${LARGE_PAGE}
  THEN ${linesOf(Prisma.sql`CASE WHEN octet_length(line) <= ${LARGE_LINE} THEN line END`)} END AS lines`;

export const fieldsOf = (line: string): string[] => line.split(FIELD_SEPARATOR);

/** The lines of a text, which is null when there were none. */
export const linesIn = (text: string | null): string[] => (text === null ? [] : text.split(LINE_SEPARATOR));
