import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { migrationNames } from '../../src/prisma/migrations.js';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Installation, STARTS_TIMEOUT_MS, statusOf, until } from '../support/process.js';
import { Proxy } from '../support/proxy.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const API_KEY = 'the key of this very test';

const unavailable = (reason: string): object => ({
  error: {
    message: `The server is temporarily unable to answer: ${reason} Please try again shortly.`,
    type: 'server_error',
    param: null,
    code: 'service_unavailable',
  },
});

describe('node dist/main.js, while its database is not there', () => {
  let installation: Installation;
  let database: TestDatabase;
  let proxy: Proxy;

  beforeEach(async () => {
    installation = await Installation.make();
    database = await createDatabase({ empty: true });
    proxy = await Proxy.to(database.ownerUrl);
  });

  afterEach(async () => {
    await installation.remove();
    await proxy.close();
    await database.drop();
  });

  it('says what it waits for, lives, and refuses requests for now', async () => {
    const server = await installation.startWithoutDatabase({ DATABASE_URL: proxy.url, API_KEY });
    await until(async () => server.stderr !== '');

    const live = await new Client(server.url, undefined).get('/health/live');
    expect([live.status, live.body]).toEqual([200, { status: 'ok' }]);
    for (const path of ['/health/ready', '/v1/threads']) {
      const answer = await new Client(server.url, API_KEY).get(path);
      expect([path, answer.status, answer.body]).toEqual([path, 503, unavailable('The database does not answer.')]);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect(server.stdout).not.toContain('Threadstore is ready.');
    expect(server.stderr).toContain(`Waiting for the database: connect ECONNREFUSED 127.0.0.1:${proxy.port}\n`);
    expect(server.stdout + server.stderr).not.toContain(new URL(proxy.url).password);
  });

  it('ends without an error when it is asked to', async () => {
    const server = await installation.startWithoutDatabase({ DATABASE_URL: proxy.url });
    await until(async () => server.stderr !== '');

    expect((await server.end('SIGTERM')).code).toBe(0);
  });

  it('serves once PostgreSQL can be reached, also when it goes away and comes back later', async () => {
    const server = await installation.startWithoutDatabase({ DATABASE_URL: proxy.url, API_KEY });
    const client = new Client(server.url, API_KEY);
    const isReady = async (): Promise<boolean> => (await statusOf(`${server.url}/health/ready`)) === 200;

    await proxy.open();
    await until(async () => server.stdout.includes('Threadstore is ready.'));
    const thread = await aThread(client);

    await proxy.close();
    const refused = await client.get(`/v1/threads/${thread.id}`);
    expect([refused.status, refused.body]).toEqual([503, unavailable('The database does not answer.')]);

    await proxy.open();
    await until(isReady);
    expect((await client.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it('waits with MIGRATE=off for someone else to migrate, and changes nothing itself', async () => {
    const waiting = await installation.startWithoutDatabase({ DATABASE_URL: database.ownerUrl, MIGRATE: 'off' });

    const ready = await new Client(waiting.url, undefined).get('/health/ready');
    expect([ready.status, ready.body]).toEqual([
      503,
      unavailable(`Migrations have not been applied: ${(await migrationNames()).join(', ')}.`),
    ]);
    expect(await database.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);

    const migrating = await Installation.make();
    try {
      await migrating.start({ DATABASE_URL: database.ownerUrl, API_KEY, ADMIN_API_KEY: 'the admin key of this test' });
      await until(async () => waiting.stdout.includes('Threadstore is ready.'));
      await aThread(new Client(waiting.url, API_KEY));
    } finally {
      await migrating.remove();
    }
  });
});
