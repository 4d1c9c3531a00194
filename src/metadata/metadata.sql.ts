import { Prisma } from '../generated/prisma/client.js';

/** The columns of a `MetadataChange` in a recordset. */
export const METADATA_CHANGE = Prisma.sql`"removesAll" boolean, remove text[], set jsonb`;

/**
 * What the column `metadata` becomes. PostgreSQL merges, so that of concurrent writers of different keys none is
 * lost; a read-modify-write in the server would keep the last one only.
 */
export const CHANGED_METADATA = Prisma.sql`CASE WHEN "removesAll" THEN '{}' ELSE metadata - remove END || set`;
