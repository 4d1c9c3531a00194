import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Of the bodies of requests that carry an `Idempotency-Key`; no other is hashed. */
const digests = new WeakMap<IncomingMessage, Hash>();

/** What the bytes of a body are to be given to as they arrive, if anybody will ask for their digest. */
export function newDigestFor(request: IncomingMessage): Hash | undefined {
  if (request.headers['idempotency-key'] === undefined) return undefined;
  const digest = createHash('sha256');
  digests.set(request, digest);
  return digest;
}

/** The SHA-256 of the body of a request, after it was read. */
export const bodyDigestOf = (request: IncomingMessage): Uint8Array =>
  (digests.get(request) ?? createHash('sha256')).copy().digest();
