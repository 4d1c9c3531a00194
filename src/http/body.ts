import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { ApiError } from '../errors/api-error.js';
import { bodyTooLarge, malformedJson, malformedRequest, unsupportedMediaType } from '../errors/catalogue.js';

export const JSON_TYPE = 'application/json';
export const MERGE_PATCH_TYPE = 'application/merge-patch+json';

/** How long a client may go on sending a body that was refused. */
const LINGER_MS = 1_000;

const BYTE_ORDER_MARK = '\ufeff';

/**
 * The JSON of a request's body, `{}` when there is none. It is read here, after authentication, and not by the
 * HTTP framework: of a caller without a key not one byte is kept.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes.length === 0) return {};
  requireJson(request);
  return parseJson(bytes);
}

function requireJson({ method, headers }: IncomingMessage): void {
  const [type, ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase());
  const accepted = method === 'PATCH' ? [MERGE_PATCH_TYPE, JSON_TYPE] : [JSON_TYPE];
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUnicode = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!accepted.includes(type ?? '') || !isUnicode) throw unsupportedMediaType(accepted.join(' or '));
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length']) > maxBytes) throw refuseTooLarge(request, maxBytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      const wasTooLarge = size > maxBytes;
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else if (!wasTooLarge) reject(refuseTooLarge(request, maxBytes));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(malformedRequest()));
  });
}

/** The rest is thrown away, not cut off at once: a client that is still sending would not see the answer. */
function refuseTooLarge(request: IncomingMessage, maxBytes: number): ApiError {
  setTimeout(() => request.complete || request.destroy(), LINGER_MS).unref();
  return bodyTooLarge(maxBytes);
}

function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformedJson();
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch {
    throw malformedJson();
  }
}
