import { readFile } from 'node:fs/promises';
import { kill } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aThread, ok } from '../support/build.js';
import { Client } from '../support/client.js';
import { Installation, isAlive, type ServerProcess, STARTS_TIMEOUT_MS, until } from '../support/process.js';

const API_KEY = 'sk-ts-test-key-of-a-project';
const ADMIN_API_KEY = 'sk-ts-admin-test-key';

/** For requests to arrive. */
const ARRIVAL_MS = 500;

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

/** The processes that a process has started. Linux tells; elsewhere these tests do not run. */
async function workersOf({ pid }: ServerProcess): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

describe('WORKERS=3', () => {
  let installation: Installation;
  let server: ServerProcess;
  let client: Client;

  const start = async (): Promise<void> => {
    server = await installation.start({ WORKERS: '3', API_KEY, ADMIN_API_KEY });
    client = new Client(server.url, API_KEY);
  };

  beforeAll(async () => {
    installation = await Installation.make();
    await start();
  }, STARTS_TIMEOUT_MS);

  beforeEach(async () => {
    if (!(await isAlive(server.pid))) await start();
  }, STARTS_TIMEOUT_MS);

  afterAll(() => installation.remove());

  it(
    'serves one port with three processes, and says so once',
    async () => {
      expect(await workersOf(server)).toHaveLength(3);
      expect(server.stdout.match(/Threadstore is ready/g)).toHaveLength(1);

      const threads = await times(30, () => aThread(client));

      const answers = await Promise.all(threads.map(({ id }) => client.get(`/v1/threads/${id}`)));
      expect(answers.map(ok)).toEqual(threads);
      expect((await client.get('/health/ready')).body).toEqual({ status: 'ok' });
    },
    STARTS_TIMEOUT_MS,
  );

  it(
    'honours the revocation of a key within a second, whichever process is asked',
    async () => {
      const admin = new Client(server.url, ADMIN_API_KEY);
      const project = ok(await admin.post('/v1/organization/projects', { name: 'Support desk' }));
      const account = ok(await admin.post(`/v1/organization/projects/${project.id}/service_accounts`, { name: 'web' }));
      const revoked = new Client(server.url, account.api_key.value);
      const statuses = async (): Promise<Set<number>> =>
        new Set((await times(30, () => revoked.get('/v1/threads'))).map(({ status }) => status));
      expect(await statuses()).toEqual(new Set([200]));

      ok(await admin.delete(`/v1/organization/projects/${project.id}/api_keys/${account.api_key.id}`));
      await setTimeout(1_000);

      expect(await statuses()).toEqual(new Set([401]));
    },
    STARTS_TIMEOUT_MS,
  );

  it(
    'replaces a worker that was killed',
    async () => {
      const [killed] = await workersOf(server);
      kill(killed!, 'SIGKILL');

      await until(async () => {
        const workers = await workersOf(server);
        return workers.length === 3 && !workers.includes(killed!);
      });

      ok(await client.post('/v1/threads', {}));
      expect(server.stderr).toContain(`A worker (process ${killed}) ended (SIGKILL). Another one takes its place.`);
    },
    STARTS_TIMEOUT_MS,
  );

  it(
    'answers what is under way when it is stopped, and stops its PostgreSQL',
    async () => {
      const workers = await workersOf(server);
      const postgres = (await installation.postgresPid())!;
      const release = await installation.lockThreads();
      const threads = times(30, () => client.post('/v1/threads', {}));
      await setTimeout(ARRIVAL_MS);

      const ended = server.end('SIGTERM');
      await setTimeout(ARRIVAL_MS);
      await release();

      expect((await threads).map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
      expect((await ended).code).toBe(0);
      expect(await Promise.all([...workers, postgres].map(isAlive))).toEqual([false, false, false, false]);
    },
    STARTS_TIMEOUT_MS,
  );

  it(
    'leaves no worker behind when it is killed, and starts again',
    async () => {
      const workers = await workersOf(server);
      const thread = await aThread(client);

      await server.end('SIGKILL');
      await until(async () => !(await Promise.all(workers.map(isAlive))).includes(true));
      await start();

      expect(ok(await client.get(`/v1/threads/${thread.id}`))).toEqual(thread);
    },
    STARTS_TIMEOUT_MS,
  );

  it(
    'says why it does not start',
    async () => {
      const { port } = new URL(server.url);

      const { code, stderr } = await installation.startInVain({
        WORKERS: '2',
        PORT: port,
        DATA_DIR: `${installation.dataDir}-2`,
      });

      expect(code).toBe(1);
      expect(stderr).toContain(`EADDRINUSE 127.0.0.1:${port}\n`);
    },
    STARTS_TIMEOUT_MS,
  );
});
