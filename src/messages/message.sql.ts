import { Prisma } from '../generated/prisma/client.js';

/** The columns of a `NewMessage` in a statement. */
export const NEW_MESSAGE = Prisma.sql`id text, role text, content json, attachments json, metadata jsonb`;

/**
 * Whoever changes or deletes a message locks its thread first. Else a delete of the thread, which takes its messages along,
 * would wait for one with all that shares its statement; or hold the feed that he who has the message waits for. It is the
 * lock of those who change the thread: beside a weaker one, an UPDATE that has locked the row asks for its older version
 * too, which another one may hold who waits for the newer. With FOR KEY SHARE there were 7 deadlocks in 1,000 requests for
 * busy threads, of a second each.
 */
export const THREAD_LOCK = Prisma.sql`FOR NO KEY UPDATE`;
