import { typed } from '../events/recording.sql.js';
import { Prisma } from '../generated/prisma/client.js';
import { FIRST_VERSION } from '../versions/version.js';

export const APPENDING = Prisma.sql`
  SELECT "projectId" AS project_id, ${typed('thread.message.created')}, "threadId" AS thread_id, id AS message_id,
    ${FIRST_VERSION}::int AS version, ordinality AS nth
  FROM message`;

export const UPDATED = Prisma.sql`
  SELECT project_id, ${typed('thread.message.updated')}, thread_id, id AS message_id, version,
    ordinality AS nth
  FROM updated`;

export const deletionOf = (projectId: string, threadId: string, id: string): Prisma.Sql => Prisma.sql`
  SELECT ${projectId}::text AS project_id, ${typed('thread.message.deleted')}, ${threadId}::text AS thread_id,
    ${id}::text AS message_id, NULL::int AS version, 1 AS nth
  FROM deleted`;

/**
 * Whoever records locks the thread before the message: a delete of the thread, which has locked it, may hold the feed
 * that he would wait for with the message in his hands, and wait for that message. It is the lock of those who change the
 * thread. With a weaker one beside it, held for as long as a feed is waited for, an UPDATE that has locked the row asks
 * for its older version too, which another one may hold who waits for the newer: a deadlock, three in 1,900 requests.
 */
export const LOCK_OF_RECORDER = Prisma.sql`FOR NO KEY UPDATE`;

/** Of who does not record: a delete of the thread waits for it, and an append does not. */
export const LOCK_OF_THREAD = Prisma.sql`FOR KEY SHARE`;
