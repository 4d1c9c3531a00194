import { Prisma } from '../generated/prisma/client.js';
import type { MetadataChange } from './metadata-change.js';

/**
 * What the column `metadata` becomes. PostgreSQL merges, so that of concurrent writers of different keys none is
 * lost; a read-modify-write in the server would keep the last one only.
 */
export function changedMetadata({ removesAll, remove, set }: MetadataChange): Prisma.Sql {
  const kept = removesAll
    ? Prisma.sql`'{}'::jsonb`
    : remove.length > 0
      ? Prisma.sql`(metadata - ${[...remove]}::text[])`
      : Prisma.sql`metadata`;
  return Prisma.sql`${kept} || ${JSON.stringify(set)}::jsonb`;
}
