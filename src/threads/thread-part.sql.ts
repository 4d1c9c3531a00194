import { Prisma } from '../generated/prisma/client.js';
import type { Metadata } from '../metadata/metadata.js';
import type { Direction, Slice } from '../pagination/page.js';
import type { ThreadFilter, ThreadPosition } from './thread.js';

/** A part of a project's list, of which the first `count` threads are wanted. Times are Unix seconds, both ends exclusive. */
export interface Part {
  readonly projectId: string;
  /** Only threads that have all of these. */
  readonly pairs: Metadata;
  readonly afterTime: number;
  readonly afterId: string;
  readonly beforeTime: number;
  readonly beforeId: string;
  readonly count: number;
}

/** The columns of a part. */
export const PART = {
  projectId: 'text',
  pairs: 'jsonb',
  afterTime: 'float8',
  afterId: 'text',
  beforeTime: 'float8',
  beforeId: 'text',
  count: 'int',
} as const;

export const PROJECT = Prisma.sql`item."projectId"`;

/** Of what has a project, a time and an id. */
export const IN_PART = Prisma.sql`project_id = ${PROJECT}
  AND (created_at, id) > (to_timestamp("afterTime"), "afterId")
  AND (created_at, id) < (to_timestamp("beforeTime"), "beforeId")`;

export const IN_ORDER: Readonly<Record<Direction, Prisma.Sql>> = {
  ascending: Prisma.sql`ORDER BY created_at, id`,
  descending: Prisma.sql`ORDER BY created_at DESC, id DESC`,
};

/** Before all threads that were created in that second or later. */
const startOf = (second: number): ThreadPosition => ({ createdAt: second, id: '' });

/** 1970 to 9999 is what a filter may ask for. */
const START = 0;
const END = 253_402_300_800;

/** A filter compares times in whole seconds, as the API shows them, and a thread has milliseconds. */
export function partOf(
  projectId: string,
  { metadata = {}, createdAfter, createdBefore }: ThreadFilter,
  { above, below }: Slice<ThreadPosition>,
  count: number,
): Part {
  const start = startOf(createdAfter === undefined ? START : createdAfter + 1);
  const end = startOf(createdBefore ?? END);
  const after = above && above.createdAt >= start.createdAt ? above : start;
  const before = below && below.createdAt < end.createdAt ? below : end;
  return {
    projectId,
    pairs: metadata,
    afterTime: after.createdAt,
    afterId: after.id,
    beforeTime: before.createdAt,
    beforeId: before.id,
    count,
  };
}
