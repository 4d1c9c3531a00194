import { join } from 'node:path';
import type { FirstKeys } from './administration/installation.service.js';
import type { Config } from './config/config.js';
import { grpcAddressOf } from './config/grpc-address.js';

/** What the server says when it listens. Keys are shown by the start that made them, and never again. */
export function bannerOf(
  origin: string,
  config: Config,
  isEmbedded: boolean,
  { apiKey, adminApiKey }: FirstKeys,
): string {
  const { dataDir, hasDocs, grpcPort } = config;
  const keyLine = (label: string, key: string | undefined, file: string): string[] =>
    key ? [`  ${label}${key}`, `             (kept in ${join(dataDir, file)})`] : [];
  return [
    '',
    'Threadstore is ready.',
    '',
    `  API        ${origin}/v1`,
    ...(grpcPort > 0 ? [`  gRPC       ${grpcAddressOf(config)}`] : []),
    ...(hasDocs ? [`  Docs       ${origin}/docs`] : []),
    `  Data       ${isEmbedded ? dataDir : 'PostgreSQL of DATABASE_URL'}`,
    ...keyLine('API key    ', apiKey, 'api-key'),
    ...keyLine('Admin key  ', adminApiKey, 'admin-api-key'),
    '',
  ].join('\n');
}
