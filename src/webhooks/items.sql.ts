import { Prisma } from '../generated/prisma/client.js';
import type { Rows } from '../prisma/rows.js';

/** The rows as a table `item` with these columns. */
export const itemsOf = (rows: Rows, columns: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`json_to_recordset(${`[${rows.join()}]`}::json) AS item (${columns})`;
