import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { InstallationService } from '../../src/administration/installation.service.js';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config/config.js';
import { isDatabaseAway } from '../../src/errors/database-error.js';
import { Client } from './client.js';
import { createDatabase, type TestDatabase } from './database.js';

export interface TestApp {
  readonly url: string;
  /** Two projects, and one who may administer. */
  readonly a: Client;
  readonly b: Client;
  readonly admin: Client;
  readonly anonymous: Client;
  readonly database: TestDatabase;
  close(): Promise<void>;
}

export const API_KEY = 'sk-ts-test-key-of-project-a';
const ADMIN_API_KEY = 'sk-ts-admin-test-key';

const RETRY_MS = 500;

/** The real server on a database of its own, listening on a free port. `env` overrides its settings. */
export async function startApp(env: Record<string, string> = {}): Promise<TestApp> {
  const database = await createDatabase();
  const server = await startServerOn(database, env);
  const admin = new Client(server.url, ADMIN_API_KEY);
  return {
    url: server.url,
    a: new Client(server.url, API_KEY),
    b: await clientOfNewProject(admin, 'Project B'),
    admin,
    anonymous: new Client(server.url, undefined),
    database,
    close: async () => {
      await server.close();
      await database.drop();
    },
  };
}

export interface TestServer {
  readonly url: string;
  /** The server of Node behind it. */
  readonly node: Server;
  close(): Promise<void>;
}

/** One more server, on a database that is there. */
export async function startServerOn(database: TestDatabase, env: Record<string, string> = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'threadstore-app-'));
  const config = readConfig({
    API_KEY,
    ADMIN_API_KEY,
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    GRPC_PORT: '0',
    LOG_LEVEL: 'silent',
    // Many tests send wrong keys, all from one address.
    AUTH_FAILURE_LIMIT: '0',
    ...env,
  });
  const app = await createApp(config);
  await whenThere(() => app.get(InstallationService).prepare());
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    node: app.getHttpServer(),
    close: async () => {
      await app.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Does what needs the database again while that is away, as a server that starts does. */
const whenThere = (work: () => Promise<unknown>, attempts = 10): Promise<unknown> =>
  work().catch(async (error: unknown) => {
    if (attempts === 1 || !isDatabaseAway(error)) throw error;
    await setTimeout(RETRY_MS);
    return whenThere(work, attempts - 1);
  });

/** Makes a project with a key, through the Administration API. */
export async function clientOfNewProject(admin: Client, name: string): Promise<Client> {
  const project = await admin.post('/v1/organization/projects', { name });
  const account = await admin.post(`/v1/organization/projects/${project.body.id}/service_accounts`, { name });
  return new Client(admin.baseUrl, account.body.api_key.value);
}
