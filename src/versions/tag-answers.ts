import type { FastifyInstance } from 'fastify';
import { entityTagOf, isNamed } from './entity-tag.js';
import { versionOf } from './shown-version.js';

const NOT_MODIFIED = 304;

/** Gives what has a version its `ETag`, and leaves out of the answer to a GET what its caller has. */
export function tagAnswers(instance: FastifyInstance): void {
  instance.addHook('preSerialization', (request, reply, payload, done) => {
    const version = versionOf(payload);
    if (version !== undefined) {
      const tag = entityTagOf(version);
      const known = request.headers['if-none-match'];
      reply.header('etag', tag);
      if (known !== undefined && request.method === 'GET' && isNamed(tag, known)) reply.code(NOT_MODIFIED);
    }
    done(null, payload);
  });
  instance.addHook('onSend', (_, reply, payload, done) => {
    if (reply.statusCode === NOT_MODIFIED) reply.removeHeader('content-type');
    done(null, reply.statusCode === NOT_MODIFIED ? null : payload);
  });
}
