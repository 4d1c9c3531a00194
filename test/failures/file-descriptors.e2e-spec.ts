import { execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Installation, STARTS_TIMEOUT_MS, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const LIMIT = 256;
const CONNECTIONS = 400;
const API_KEY = 'the key of this very test';

/** `prlimit` is a program of Linux. The loading of the server itself opens more files at once than the limit. */
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('node dist/main.js with few file descriptors', () => {
  let installation: Installation;
  let database: TestDatabase;

  beforeEach(async () => {
    installation = await Installation.make();
    database = await createDatabase();
  });

  afterEach(async () => {
    await installation.remove();
    await database.drop();
  });

  it('outlives more connections than it can have, and serves when they are gone', async () => {
    const server = await installation.start({ DATABASE_URL: database.ownerUrl, API_KEY });
    const client = new Client(server.url, API_KEY);
    const thread = await aThread(client);
    execFileSync('prlimit', ['--pid', String(server.pid), `--nofile=${LIMIT}`]);
    const sockets = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const socket: Socket = connect(Number(new URL(server.url).port), '127.0.0.1');
        socket.on('error', () => undefined);
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
        return socket;
      }),
    );

    for (const socket of sockets) socket.destroy();

    await until(async () => {
      const status = await client.get(`/v1/threads/${thread.id}`).then(
        (answer) => answer.status,
        () => undefined,
      );
      expect([200, 503, undefined]).toContain(status);
      return status === 200;
    });
    await aThread(client);
    expect((await server.end('SIGTERM')).code).toBe(0);
    expect(server.stderr).not.toMatch(/unhandled|uncaught/i);
  });
});
