import type { FastifyInstance } from 'fastify';
import { callerOf } from '../auth/caller.js';
import { TRACE_PARENT_HEADER, traceIdOf } from './trace-parent.js';

/**
 * Logs one line a request, at the level `info`: what was asked for by its route, never by what a caller wrote, but for
 * the ids of request and trace, which are ids by their form.
 */
export function logRequests(instance: FastifyInstance): void {
  // At other levels no line is made only to be dropped.
  if (!isLogged(instance.log.level)) return;
  instance.addHook('onResponse', (request, reply, done) => {
    const caller = callerOf(request);
    request.log.info(
      {
        reqId: request.id,
        trace: traceIdOf(reply.getHeader(TRACE_PARENT_HEADER)),
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        project: caller?.kind === 'project' ? caller.projectId : undefined,
        key: caller?.keyId,
      },
      'request',
    );
    done();
  });
}

const isLogged = (level: string): boolean => ['info', 'debug', 'trace'].includes(level);
