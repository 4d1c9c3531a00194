import { request as requestPlain } from 'node:http';
import { request as requestEncrypted } from 'node:https';
import { AddressNotAllowedError, type Destinations } from './destinations.js';
import type { Failure } from './webhook-delivery.js';

/** A receiver has this long for its answer, from the look-up of its name on. */
const TIMEOUT_MS = 15_000;

/** What is read of the body of an answer, so that a receiver can finish it. Nothing is made of it. */
const MAX_ANSWER = 16 * 1024;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** There was no answer, and why. */
export class NoAnswerError extends Error {
  constructor(readonly failure: Failure) {
    super();
  }
}

/** The server is stopped, and does not wait for the answer. */
export class GivenUpError extends Error {}

export interface Post {
  readonly answer: Promise<Answer>;
  giveUp(): void;
}

/**
 * Posts a body on a connection of its own, to nowhere but an address that was checked. A redirect is not followed: it is
 * the answer.
 */
export function post(destinations: Destinations, to: string, headers: Record<string, string>, body: string): Post {
  const url = new URL(to);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new NoAnswerError('timeout')), TIMEOUT_MS);
  const answer = new Promise<Answer>((resolve, reject) => {
    destinations.requireLiteral(url);
    const request = (url.protocol === 'https:' ? requestEncrypted : requestPlain)(url, {
      method: 'POST',
      agent: false,
      lookup: destinations.lookupFor(url),
      signal: controller.signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Threadstore',
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        if ((length += chunk.length) > MAX_ANSWER) response.destroy();
      });
      // Whatever becomes of the body, the status has been said.
      response.on('error', () => undefined);
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] }),
      );
    });
    request.end(body);
  })
    .catch((error: unknown) => {
      throw controller.signal.aborted ? controller.signal.reason : new NoAnswerError(failureOf(error));
    })
    .finally(() => clearTimeout(timer));
  return { answer, giveUp: () => controller.abort(new GivenUpError()) };
}

const NAME_CODES = /^(ENOTFOUND|ENODATA|EAI_\w+|ETIMEOUT|ESERVFAIL|EREFUSED|EBADNAME|EBADRESP)$/;
const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

function failureOf(error: unknown): Failure {
  if (error instanceof AddressNotAllowedError) return 'address_not_allowed';
  const code = String(Reflect.get(Object(error), 'code'));
  if (NAME_CODES.test(code)) return 'name_not_resolved';
  return TLS_CODES.test(code) ? 'tls_failed' : 'connection_failed';
}
