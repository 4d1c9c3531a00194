import { Prisma } from '../generated/prisma/client.js';
import { type Columns, listOf } from '../prisma/rows.js';

/** The items as a table `item` with these columns. */
export const itemsOf = (items: readonly object[], columns: Columns): Prisma.Sql =>
  Prisma.sql`json_to_recordset(${JSON.stringify(items)}::json) AS item (${listOf(columns)})`;
