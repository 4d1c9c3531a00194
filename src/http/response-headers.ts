import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** The version that OpenAI's servers named in every answer. */
export const API_VERSION = '2020-10-01';

/** The form of OpenAI's request ids: `req_` and 32 hexadecimal digits. */
export const newRequestId = (): string => `req_${randomUUID().replaceAll('-', '')}`;

export const answerHeaders = (requestId: string): Record<string, string> => ({
  'x-request-id': requestId,
  'openai-version': API_VERSION,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
});

/** Gives every answer its headers. Hooks of every request call back: a promise each would cost more than what they do. */
export function addResponseHeaders(instance: FastifyInstance): void {
  instance.addHook('onRequest', (request, reply, done) => {
    reply.headers(answerHeaders(request.id));
    done();
  });
  instance.addHook('onSend', (_, reply, payload, done) => {
    reply.header('openai-processing-ms', Math.round(reply.elapsedTime));
    done(null, payload);
  });
}
