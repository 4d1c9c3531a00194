import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiError } from '../errors/api-error.js';
import { expectationFailed, malformedRequest, malformedUrl } from '../errors/catalogue.js';

/** Node would keep the first of several and drop the others without a word. */
const AT_MOST_ONCE = /^(host|content-type)$/i;

/** Refuses heads of requests that Node would answer without a body, or would read as something else than was sent. */
export function refuseUnclearHeads(instance: FastifyInstance): void {
  const unmet = new WeakSet<IncomingMessage>();
  instance.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    unmet.add(request);
    instance.server.emit('request', request, response);
  });
  const problemOf = ({ raw, headers }: FastifyRequest): ApiError | undefined => {
    if (headers.host === undefined && raw.httpVersion === '1.1') return malformedRequest();
    if (saysTwice(raw.rawHeaders)) return malformedRequest();
    if (unmet.has(raw)) return expectationFailed();
    return isDecodable(raw.url ?? '') ? undefined : malformedUrl();
  };
  instance.addHook('onRequest', (request, _, done) => done(problemOf(request)));
}

function saysTwice(rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((name, index) => index % 2 === 0 && AT_MOST_ONCE.test(name));
  return names.length > new Set(names.map((name) => name.toLowerCase())).size;
}

/** A path that is not is refused by the router; a query would be read with U+FFFD in the place of what was sent. */
function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
