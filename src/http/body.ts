import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiError } from '../errors/api-error.js';
import { bodyTooLarge, malformedRequest, unsupportedMediaType } from '../errors/catalogue.js';
import { newDigestFor } from './body-digest.js';
import { JsonText } from './json-text.js';

export const JSON_TYPE = 'application/json';
export const MERGE_PATCH_TYPE = 'application/merge-patch+json';

/** How long a client may go on sending a body that was refused. */
const LINGER_MS = 1_000;

/**
 * Others have their turn after each chunk of a body of more bytes, and before the value is looked at: Node would hand
 * out 2 MB in one turn, which can take 100 ms to read.
 */
const LARGE_BODY = 64 * 1024;

/**
 * The JSON of a request's body, `{}` when there is none. It is read here, after authentication, and not by the
 * HTTP framework: of a caller without a key not one byte is kept.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const text = await readText(request, maxBytes);
  if (text.bytes === 0) return {};
  requireJson(request);
  const value = text.parse();
  if (text.bytes > LARGE_BODY) await nextTurn();
  return value;
}

function requireJson({ method, headers }: IncomingMessage): void {
  const [type, ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase());
  const accepted = method === 'PATCH' ? [MERGE_PATCH_TYPE, JSON_TYPE] : [JSON_TYPE];
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUnicode = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!accepted.includes(type ?? '') || !isUnicode) throw unsupportedMediaType(accepted.join(' or '));
}

function readText(request: IncomingMessage, maxBytes: number): JsonText | Promise<JsonText> {
  const announced = Number(request.headers['content-length']);
  if (announced > maxBytes) throw refuseTooLarge(request, maxBytes);
  const text = new JsonText();
  const digest = newDigestFor(request);
  if (request.complete && request.readableLength === announced) {
    // It came with the head, as most do: no event has to be waited for.
    const body: Buffer | null = request.read();
    if (!body) return text;
    text.add(body);
    digest?.update(body);
    return text;
  }
  return new Promise((resolve, reject) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      const wasTooLarge = size > maxBytes;
      size += chunk.length;
      if (size <= maxBytes) {
        text.add(chunk);
        digest?.update(chunk);
        if (size > LARGE_BODY) giveWay(request);
      } else if (!wasTooLarge) reject(refuseTooLarge(request, maxBytes));
    });
    request.on('end', () => resolve(text));
    request.on('error', () => reject(malformedRequest()));
  });
}

function giveWay(request: IncomingMessage): void {
  request.pause();
  setImmediate(() => request.resume());
}

/** The rest is thrown away, not cut off at once: a client that is still sending would not see the answer. */
function refuseTooLarge(request: IncomingMessage, maxBytes: number): ApiError {
  setTimeout(() => request.complete || request.destroy(), LINGER_MS).unref();
  return bodyTooLarge(maxBytes);
}
