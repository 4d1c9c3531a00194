import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { isTraceParent, TRACE_PARENT_HEADER } from './trace-parent.js';

/** The version that OpenAI's servers named in every answer. */
export const API_VERSION = '2020-10-01';

/** The form of OpenAI's request ids: `req_` and 32 hexadecimal digits. */
export const newRequestId = (): string => `req_${randomUUID().replaceAll('-', '')}`;

/** For a browser that is led here: an answer is data, never a page or a part of one. /docs says for itself what it needs. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

export const answerHeaders = (requestId: string): Record<string, string> => ({
  'x-request-id': requestId,
  'openai-version': API_VERSION,
  ...SECURITY_HEADERS,
});

/** Gives every answer its headers. Hooks of every request call back, which spares it a promise each. */
export function addResponseHeaders(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, reply, done) => {
    reply.headers(answerHeaders(request.id));
    const { traceparent } = request.headers;
    if (isTraceParent(traceparent)) reply.header(TRACE_PARENT_HEADER, traceparent);
    done();
  });
  instance.addHook('onSend', (_, reply, payload, done) => {
    reply.header('openai-processing-ms', Math.round(reply.elapsedTime));
    done(null, payload);
  });
}
