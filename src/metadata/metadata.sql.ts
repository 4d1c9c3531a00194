import { Prisma } from '../generated/prisma/client.js';

/** The columns of a `MetadataChange` in a statement. */
export const METADATA_CHANGE = { removesAll: 'boolean', remove: 'text[]', set: 'jsonb' } as const;

/**
 * What the column `metadata` becomes. PostgreSQL merges, so that of concurrent writers of different keys none is
 * lost; a read-modify-write in the server would keep the last one only.
 */
export const CHANGED_METADATA = Prisma.sql`CASE WHEN "removesAll" THEN '{}' ELSE metadata - remove END || set`;
