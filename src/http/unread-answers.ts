import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors/catalogue.js';

/** In characters: what is less is not counted. */
const LARGE = 1024 * 1024;

/** What a process keeps of large answers to be read, in characters, before it refuses more: five of the largest pages. */
const MOST_UNREAD = 64 * LARGE;

/**
 * Refuses to read what is large while clients have too much of it to read, which is in memory until then. What was
 * changed is never answered by a refusal: who repeats it would do it twice.
 */
export function limitUnreadAnswers(instance: FastifyInstance): void {
  let unread = 0;
  instance.addHook('onSend', ({ method }, reply, payload, done) => {
    const size = typeof payload === 'string' ? payload.length : 0;
    // A client that has gone meanwhile reads nothing, and its `close` has been.
    if (size <= LARGE || reply.raw.destroyed) return done(null, payload);
    if (method === 'GET' && unread + size > MOST_UNREAD)
      return done(unavailable('Other clients have not read their answers.'));
    unread += size;
    reply.raw.once('close', () => (unread -= size));
    done(null, payload);
  });
}
