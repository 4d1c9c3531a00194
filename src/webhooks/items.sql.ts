import { Prisma } from '../generated/prisma/client.js';
import { type Columns, listOf } from '../prisma/rows.js';

/** The items as a table `item` with these columns. Nothing else of them is sent: they may have secrets. */
export const itemsOf = (items: readonly object[], columns: Columns): Prisma.Sql => {
  const json = JSON.stringify(items, Object.keys(columns));
  return Prisma.sql`json_to_recordset(${json}::json) AS item (${listOf(columns)})`;
};
