import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { bodyTooLarge, malformedJson, malformedRequest, unsupportedMediaType } from '../errors/catalogue.js';

export const JSON_TYPE = 'application/json';
export const MERGE_PATCH_TYPE = 'application/merge-patch+json';

const BYTE_ORDER_MARK = '\ufeff';

/**
 * The JSON of a request's body, `{}` when there is none. It is read here, after authentication, and not by the
 * HTTP framework: of a caller without a key not one byte is kept.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!announcesBody(request)) return {};
  requireJson(request);
  const bytes = await readBytes(request, maxBytes);
  return bytes.length === 0 ? {} : parseJson(bytes);
}

const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function requireJson({ method, headers }: IncomingMessage): void {
  const [type, ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase());
  const accepted = method === 'PATCH' ? [MERGE_PATCH_TYPE, JSON_TYPE] : [JSON_TYPE];
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUnicode = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!accepted.includes(type ?? '') || !isUnicode) throw unsupportedMediaType(accepted.join(' or '));
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length']) > maxBytes) throw bodyTooLarge(maxBytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else reject(bodyTooLarge(maxBytes));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(malformedRequest()));
  });
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
