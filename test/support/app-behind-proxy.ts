import type { Answer } from './client.js';
import { Client } from './client.js';
import { startServerOn } from './app.js';
import { createDatabase, type TestDatabase } from './database.js';
import { Proxy } from './proxy.js';

/** What no request may take longer than, whatever the database does. */
export const PROMISED_MS = 5_000;

export interface AppBehindProxy {
  readonly client: Client;
  readonly proxy: Proxy;
  readonly database: TestDatabase;
  close(): Promise<void>;
}

/** The real server, and a network to its database that can fail. */
export async function startAppBehindProxy(env: Record<string, string> = {}): Promise<AppBehindProxy> {
  const database = await createDatabase();
  const proxy = await Proxy.to(database.url);
  await proxy.open();
  const apiKey = 'the key of this very test';
  const server = await startServerOn({ ...database, url: proxy.url }, { API_KEY: apiKey, ...env });
  return {
    client: new Client(server.url, apiKey),
    proxy,
    database,
    close: async () => {
      await server.close();
      await proxy.close();
      await database.drop();
    },
  };
}

/** What a caller learns of a refusal: how long it took, too. */
export const refusalOf = ({ status, headers, body }: Answer): object => ({
  status,
  code: body.error?.code,
  message: body.error?.message,
  retryAfter: headers.get('retry-after'),
  shouldRetry: headers.get('x-should-retry'),
  isInTime: Number(headers.get('openai-processing-ms')) < PROMISED_MS,
});

/** Nothing was stored: it may be sent again. */
export const safeRefusal = (reason = 'The database does not answer.'): object => ({
  status: 503,
  code: 'service_unavailable',
  message: `The server is temporarily unable to answer: ${reason} Please try again shortly.`,
  retryAfter: '1',
  shouldRetry: null,
  isInTime: true,
});

/** It may have been stored: `shouldRetry` says to the SDKs whether to send it again by themselves. */
export const unknownOutcome = (shouldRetry: string | null): object => ({
  status: 503,
  code: 'outcome_unknown',
  message:
    'The connection to the database was lost before it answered. It is not known whether this request was carried out: ' +
    'look before you send it again.',
  retryAfter: '1',
  shouldRetry,
  isInTime: true,
});
