import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiError } from '../errors/api-error.js';
import {
  headersTooLarge,
  malformedRequest,
  malformedUrl,
  methodNotAllowed,
  requestTimeout,
} from '../errors/catalogue.js';
import { ErrorResponseDto, statusOf } from '../errors/error-response.dto.js';
import { answerHeaders, newRequestId } from './response-headers.js';

/** How long a client may take to close a connection that was refused. */
const LINGER_MS = 1_000;

/** The last answer of each connection, and the one before it when that was not sent yet: requests may be pipelined. */
const lastAnswers = new WeakMap<Duplex, ServerResponse>();
const answersBefore = new WeakMap<ServerResponse, ServerResponse>();

/** Whether no request has come after this one on its connection. */
export const isLastAnswer = (answer: ServerResponse): boolean => lastAnswers.get(answer.req.socket) === answer;

const refused = new WeakSet<Duplex>();

/** Keeps what is needed to refuse a connection, and refuses those that Node would close without a word. */
export function watchConnections({ server }: FastifyInstance): void {
  // Before Fastify, which may answer at once.
  server.prependListener('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    const before = lastAnswers.get(socket);
    if (before && !before.writableFinished) answersBefore.set(answer, before);
    lastAnswers.set(socket, answer);
  });
  server.on('connect', ({ url = '' }: IncomingMessage, socket: Duplex) => {
    refuse(socket, methodNotAllowed('CONNECT', url));
  });
}

/**
 * Answers what never became a request: bytes that are not HTTP, headers that are too large or come too slowly. It does
 * so once, and in its turn: after the answers to the requests that came before on the same connection.
 */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  const last = lastAnswers.get(socket);
  const isAboutLast = last !== undefined && !last.req.complete;
  // After a request that closes its connection nothing is answered, whatever it is.
  if (last && !isAboutLast && !last.shouldKeepAlive) return;
  // Once a request was answered, a second answer would be taken for that to the next one.
  const isTooLate = isAboutLast && last.headersSent;
  if (error.code === 'ECONNRESET' || isTooLate) {
    socket.destroy();
    return;
  }
  const before = isAboutLast ? answersBefore.get(last) : last;
  const answer = (): void => refuse(socket, toRefusal(error.code));
  if (before && !before.writableFinished) before.once('close', answer);
  else answer();
}

function refuse(socket: Duplex, refusal: ApiError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
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
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function toRefusal(code: string | undefined): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge();
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout();
  return malformedRequest();
}

/** Answers a URL that the router cannot decode. It comes before all hooks. */
export function refuseUrl(_: Error, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = malformedUrl();
  void reply.status(statusOf(refusal)).headers(answerHeaders(request.id)).send(ErrorResponseDto.from(refusal));
}
