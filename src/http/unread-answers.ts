import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors/catalogue.js';

/** In characters: what is less is not counted. */
const LARGE = 1024 * 1024;

/** What a server keeps at most for clients that have not read it yet, in characters: eight of the largest pages. */
const MOST_UNREAD = 64 * LARGE;

/** Refuses large answers while clients have too many of them to read, which are in memory until then. */
export function limitUnreadAnswers(instance: FastifyInstance): void {
  let unread = 0;
  instance.addHook('onSend', (_, reply, payload, done) => {
    const size = typeof payload === 'string' ? payload.length : 0;
    if (size <= LARGE) return done(null, payload);
    if (unread + size > MOST_UNREAD) return done(unavailable('Other clients have not read their answers.'));
    unread += size;
    reply.raw.once('close', () => (unread -= size));
    done(null, payload);
  });
}
