import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiError } from '../errors/api-error.js';
import { headersTooLarge, malformedRequest, malformedUrl, requestTimeout } from '../errors/catalogue.js';
import { ErrorResponseDto, statusOf } from '../errors/error-response.dto.js';
import { answerHeaders, newRequestId } from './response-headers.js';

/** Answers what never became a request: bytes that are not HTTP, headers that are too large or come too slowly. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = toRefusal(error.code);
  const status = statusOf(refusal);
  const body = JSON.stringify(ErrorResponseDto.from(refusal));
  const headers = {
    ...answerHeaders(newRequestId()),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`);
}

function toRefusal(code: string | undefined): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge();
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout();
  return malformedRequest();
}

/** Refuses what HTTP/1.1 does not allow, in the place of Node, which would answer without a body. */
export function requireHost(instance: FastifyInstance): void {
  instance.addHook('onRequest', ({ headers, raw }, _, done) => {
    done(headers.host === undefined && raw.httpVersion === '1.1' ? malformedRequest() : undefined);
  });
}

/** Answers a URL that the router cannot decode. It comes before all hooks. */
export function refuseUrl(_: Error, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = malformedUrl();
  void reply.status(statusOf(refusal)).headers(answerHeaders(request.id)).send(ErrorResponseDto.from(refusal));
}
