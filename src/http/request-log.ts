import type { FastifyInstance } from 'fastify';
import { callerOf } from '../auth/caller.js';

/** Logs one line a request, at the level `info`: what was asked for by its route, never by what a caller wrote. */
export function logRequests(instance: FastifyInstance): void {
  instance.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        reqId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        key: callerOf(request)?.keyId,
      },
      'request',
    );
    done();
  });
}
