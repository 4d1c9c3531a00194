import type { IncomingMessage } from 'node:http';
import { newRequestId } from './response-headers.js';

/** What proxies and tracers make: UUIDs, ULIDs, digits with a prefix. It stands in the log, so nothing else is taken. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The id that the caller gave the request, when it is one; else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : newRequestId();
}
