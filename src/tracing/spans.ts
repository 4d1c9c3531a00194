import { context, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { TRACE_PARENT_HEADER } from '../http/trace-parent.js';
import { tracing } from '../prisma/shared-statements.js';

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

/**
 * A statement that requests share is a span in the trace of the first of them, and linked to those of the others: a span
 * has one parent.
 */
export function traceStatements(): void {
  const tracer = trace.getTracer('threadstore');
  tracing.by = {
    context: () => context.active(),
    within: (contexts, kind, work) => {
      const [first = context.active(), ...others] = contexts;
      const links = others
        .flatMap((each) => (each && trace.getSpanContext(each)) ?? [])
        .map((each) => ({ context: each }));
      const attributes = { 'threadstore.requests': contexts.length };
      return tracer.startActiveSpan(kind, { attributes, links }, first, (span) => work().finally(() => span.end()));
    },
  };
}
