import type { FastifyInstance } from 'fastify';
import { Answer } from '../http/answer.js';
import { entityTagOf, isNamed } from './entity-tag.js';

const NOT_MODIFIED = 304;

/** Gives what has a version its `ETag`, and leaves out of the answer to a GET what its caller has. */
export function tagAnswers(instance: FastifyInstance): void {
  instance.addHook('preSerialization', (request, reply, payload, done) => {
    if (payload instanceof Answer && payload.version !== undefined) {
      const tag = entityTagOf(payload.version);
      const known = request.headers['if-none-match'];
      reply.header('etag', tag);
      if (known !== undefined && request.method === 'GET' && isNamed(tag, known)) reply.code(NOT_MODIFIED);
    }
    done(null, payload);
  });
  instance.addHook('onSend', (_, reply, payload, done) => {
    if (reply.statusCode !== NOT_MODIFIED) return done(null, payload);
    reply.removeHeader('content-type');
    done(null, null);
  });
}
