import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { expectationFailed, malformedRequest, malformedUrl } from '../errors/catalogue.js';

/** Node would keep the first of several and drop the others without a word. */
const AT_MOST_ONCE = ['host', 'content-type'];

/** Refuses heads of requests that Node would answer without a body, or would read as something else than was sent. */
export function refuseUnclearHeads(instance: FastifyInstance): void {
  const unmet = new WeakSet<IncomingMessage>();
  instance.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    unmet.add(request);
    instance.server.emit('request', request, response);
  });
  instance.addHook('onRequest', async ({ raw, headers }) => {
    if (headers.host === undefined && raw.httpVersion === '1.1') throw malformedRequest();
    if (saysTwice(raw.rawHeaders)) throw malformedRequest();
    if (unmet.has(raw)) throw expectationFailed();
    if (!isDecodable(raw.url ?? '')) throw malformedUrl();
  });
}

function saysTwice(rawHeaders: readonly string[]): boolean {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!AT_MOST_ONCE.includes(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
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
