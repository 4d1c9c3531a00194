import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { FirstKeys } from './administration/installation.service.js';
import type { Config } from './config/config.js';

/** The address in a URL, or as a gRPC client takes it. */
export const addressOf = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** What the server says when it listens. Keys are shown by the start that made them, and never again. */
export function bannerOf(
  origin: string,
  { dataDir, hasDocs, host, grpcPort }: Config,
  isEmbedded: boolean,
  { apiKey, adminApiKey }: FirstKeys,
): string {
  const keyLine = (label: string, key: string | undefined, file: string): string[] =>
    key ? [`  ${label}${key}`, `             (kept in ${join(dataDir, file)})`] : [];
  return [
    '',
    'Threadstore is ready.',
    '',
    `  API        ${origin}/v1`,
    ...(grpcPort > 0 ? [`  gRPC       ${addressOf(host, grpcPort)}`] : []),
    ...(hasDocs ? [`  Docs       ${origin}/docs`] : []),
    `  Data       ${isEmbedded ? dataDir : 'PostgreSQL of DATABASE_URL'}`,
    ...keyLine('API key    ', apiKey, 'api-key'),
    ...keyLine('Admin key  ', adminApiKey, 'admin-api-key'),
    '',
  ].join('\n');
}
