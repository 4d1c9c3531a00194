import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Client as Postgres } from 'pg';
import { join } from 'node:path';
import { Client } from '../support/client.js';
import { GrpcClient } from '../support/grpc-client.js';
import { freePort, Installation, type ServerProcess, STARTS_TIMEOUT_MS, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

/** For a call to arrive. */
const ARRIVAL_MS = 300;

let installation: Installation;
let port: number;
let running: ServerProcess | undefined;
const clients: GrpcClient[] = [];

/** One for all: a first start takes longer than all others. */
beforeAll(async () => {
  installation = await Installation.make();
});

beforeEach(async () => {
  port = await freePort();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await running?.end('SIGTERM');
});

afterAll(() => installation.remove());

const start = async (env: Record<string, string> = {}): Promise<ServerProcess> =>
  (running = await installation.start({ GRPC_PORT: String(port), ...env }));

async function newClient(): Promise<GrpcClient> {
  const client = new GrpcClient(`127.0.0.1:${port}`, (await installation.read('api-key')).trim());
  clients.push(client);
  return client;
}

/** Holds back all that writes threads. */
async function lockThreads(): Promise<Postgres> {
  const password = (await installation.read('postgres-password')).trim();
  const socket = encodeURIComponent(join(installation.dataDir, 'socket'));
  const superuser = new Postgres(`postgresql://postgres:${password}@/threadstore?host=${socket}`);
  await superuser.connect();
  // It goes when its server does.
  superuser.on('error', () => undefined);
  await superuser.query('BEGIN; LOCK TABLE threads');
  return superuser;
}

describe('GRPC_PORT', () => {
  it('is in the banner, and is served', async () => {
    const server = await start();

    expect(server.stdout).toContain(`  gRPC       127.0.0.1:${port}\n`);
    expect((await (await newClient()).call('Threads.CreateThread')).code).toBe('OK');
    expect(server.stderr).toBe('');
  });

  it('0 serves none, and says nothing of it', async () => {
    const server = await start({ GRPC_PORT: '0' });

    expect(server.stdout).not.toContain('gRPC');
    expect((await (await newClient()).call('Threads.ListThreads')).code).toBe('UNAVAILABLE');
  });

  // Breaks when the error of the library is shown as it is.
  it('that is in use is told in one line', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');

    const ended = await installation.startInVain({ GRPC_PORT: String(port) });

    other.close();
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      new RegExp(`^GRPC_PORT: gRPC cannot be served at 127\\.0\\.0\\.1:${port} \\(.*EADDRINUSE.*\\)\\. .*\\n$`),
    );
  });

  it('is shared by all workers', async () => {
    await start({ WORKERS: '2' });
    const several = await Promise.all(Array.from({ length: 6 }, newClient));

    const answers = await Promise.all(several.map((client) => client.call('Threads.CreateThread')));

    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 'OK'));
  });
});

describe('a server that is asked to stop', () => {
  // Breaks when the server is not shut down by gRPC's own graceful way.
  it('answers the call that is under way, says that it is not served, and ends', async () => {
    const server = await start();
    const client = await newClient();
    await client.ok('Threads.CreateThread');
    const lock = await lockThreads();

    const answer = client.call('Threads.CreateThread');
    await setTimeout(ARRIVAL_MS);
    const ended = server.end('SIGTERM');
    await setTimeout(ARRIVAL_MS);
    const late = await new Client(server.url, undefined).get('/health/live').catch(() => undefined);
    await lock.end();

    expect((await answer).code).toBe('OK');
    expect(late?.status ?? 503).toBe(503);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('cuts off a call that takes longer than SHUTDOWN_TIMEOUT', async () => {
    const server = await start({ SHUTDOWN_TIMEOUT: '2' });
    const client = await newClient();
    await client.ok('Threads.CreateThread');
    const lock = await lockThreads();

    const answer = client.call('Threads.CreateThread');
    await setTimeout(ARRIVAL_MS);
    const asked = Date.now();
    const ended = await server.end('SIGTERM');

    expect(['UNAVAILABLE', 'CANCELLED']).toContain((await answer).code);
    expect(ended.code).toBe(0);
    expect(Date.now() - asked).toBeLessThan(4_000);
    await lock.end().catch(() => undefined);
  });

  it('is not held up by a client that stays connected', async () => {
    const server = await start();
    const client = await newClient();
    await client.ok('Threads.CreateThread');

    const asked = Date.now();
    const ended = await server.end('SIGTERM');

    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(Date.now() - asked).toBeLessThan(5_000);
    await until(async () => (await client.call('Threads.ListThreads')).code === 'UNAVAILABLE');
  });
});
