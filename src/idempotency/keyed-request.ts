import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { tenantOf } from '../auth/caller.js';
import { invalidHeader } from '../errors/catalogue.js';
import { bodyDigestOf } from '../http/body-digest.js';

/** A request that its caller gave a name: the same key is the same request. */
export interface KeyedRequest {
  readonly projectId: string;
  readonly key: string;
  /** The thread that the work locks; undefined where it makes one. */
  readonly threadId: string | undefined;
  /** Tells another request with the same key from this one. */
  readonly fingerprint: Uint8Array<ArrayBuffer>;
}

/** Visible ASCII, bare or as a string of RFC 8941, in which quotes and backslashes are escaped. */
const BARE = /^[\x21\x23-\x7e][\x21-\x7e]*$/;
const QUOTED = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
const ESCAPED = /\\(["\\])/g;

const LONGEST_KEY = 255;

/** The body has been read, and its sender is known. */
export const keyedRequestOf = (request: FastifyRequest, header: string | readonly string[]): KeyedRequest => ({
  projectId: tenantOf(request).projectId,
  key: parseKey(String(header)),
  threadId: threadIdOf(request.params),
  fingerprint: new Uint8Array(
    createHash('sha256').update(`${request.method} ${request.url}\n`).update(bodyDigestOf(request.raw)).digest(),
  ),
});

/** Of the parameters of a path, or of a message of a call. */
export const threadIdOf = (parameters: unknown): string | undefined => Object(parameters).thread_id;

/** The key that a header, or the metadata of a call, says. */
export function parseKey(header: string): string {
  const key = BARE.test(header) ? header : QUOTED.exec(header)?.[1]?.replaceAll(ESCAPED, '$1');
  if (key !== undefined && key.length <= LONGEST_KEY) return key;
  throw invalidHeader('Idempotency-Key', `1 to ${LONGEST_KEY} visible ASCII characters, with or without quotes`);
}
