import { trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { TRACE_PARENT_HEADER } from '../http/trace-parent.js';

/** Names the span of a request by its route, and tells its caller where to find it. */
export function nameSpans(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, reply, done) => {
    const span = trace.getActiveSpan();
    if (span) {
      const { traceId, spanId, traceFlags } = span.spanContext();
      const { url } = request.routeOptions;
      if (url !== undefined) span.setAttribute('http.route', url).updateName(`${request.method} ${url}`);
      reply.header(TRACE_PARENT_HEADER, `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`);
    }
    done();
  });
}
