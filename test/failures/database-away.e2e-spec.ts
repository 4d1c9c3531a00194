import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AppBehindProxy, refusalOf, safeRefusal, startAppBehindProxy } from '../support/app-behind-proxy.js';
import { aThread } from '../support/build.js';
import type { TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';

const POOL_SIZE = 4;
const REQUESTS = 24;
const BACK_WITHIN_MS = 2_000;

interface Outage {
  readonly begin: (app: AppBehindProxy) => Promise<void> | void;
  readonly end: (app: AppBehindProxy) => Promise<void> | void;
  /** What is said of it; of what waits behind others for a connection, that all are in use. */
  readonly readiness: readonly object[];
}

const NO_ANSWER = safeRefusal();
const ALL_IN_USE = safeRefusal('All connections to the database are in use.');

/** All while nothing is under way: what comes meanwhile certainly never reaches PostgreSQL. */
const OUTAGES: Record<string, Outage> = {
  'refuses connections': {
    begin: ({ proxy }) => proxy.close(),
    end: ({ proxy }) => proxy.open(),
    readiness: [NO_ANSWER],
  },
  'ends connections as soon as they are made': {
    begin: ({ proxy }) => proxy.shut(),
    end: async ({ proxy }) => {
      await proxy.close();
      await proxy.open();
    },
    readiness: [NO_ANSWER],
  },
  'is silent to new connections': {
    begin: async ({ proxy }) => {
      await proxy.close();
      proxy.stall();
      await proxy.open();
    },
    end: ({ proxy }) => proxy.resume(),
    readiness: [NO_ANSWER, ALL_IN_USE],
  },
  'takes no more connections': {
    begin: async ({ proxy, database }) => {
      await allow(database, 0);
      await proxy.close();
      await proxy.open();
    },
    end: ({ database }) => allow(database, -1),
    readiness: [ALL_IN_USE],
  },
};

async function allow(database: TestDatabase, connections: number): Promise<void> {
  const [found] = await database.query<{ name: string }>('SELECT current_database() AS name');
  await database.query(`ALTER DATABASE ${found!.name} CONNECTION LIMIT ${connections}`);
}

// Broken by leaving `connectionTimeoutMillis` or `query_timeout` out of prisma/connection-pool.ts (requests hang), or
// NotConnectedError (writes that were never sent count as unknown).
describe('the server, while its database', () => {
  let app: AppBehindProxy;

  beforeEach(async () => {
    app = await startAppBehindProxy({ DATABASE_POOL_SIZE: String(POOL_SIZE) });
  });

  afterEach(() => app.close());

  const connections = async (): Promise<{ state: string }[]> =>
    app.database.query(
      `SELECT state FROM pg_stat_activity WHERE application_name = 'threadstore' AND datname = current_database()`,
    );

  it.each(Object.entries(OUTAGES))(
    '%s, refuses all in time, lives, and serves as soon as it is back',
    async (_, outage) => {
      const thread = await aThread(app.client);
      await outage.begin(app);

      const refused = await Promise.all(
        Array.from({ length: REQUESTS }, (__, i) =>
          i % 2 ? app.client.post('/v1/threads', {}) : app.client.get(`/v1/threads/${thread.id}`),
        ),
      );
      const ready = await app.client.get('/health/ready');
      const live = await app.client.get('/health/live');

      for (const answer of [...refused, ready]) expect([NO_ANSWER, ALL_IN_USE]).toContainEqual(refusalOf(answer));
      expect(outage.readiness).toContainEqual(refusalOf(ready));
      expect(live.status).toBe(200);

      await outage.end(app);
      const endedAt = Date.now();
      await until(async () => (await app.client.get('/health/ready')).status === 200);
      expect(Date.now() - endedAt).toBeLessThan(BACK_WITHIN_MS);
      expect((await app.client.get('/v1/threads')).body.data).toEqual([thread]);
      expect((await connections()).length).toBeLessThanOrEqual(POOL_SIZE);
    },
  );

  it('goes silent in the middle, refuses all in time, and has its connections back afterwards', async () => {
    const thread = await aThread(app.client);
    app.proxy.stall();

    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, () => app.client.get(`/v1/threads/${thread.id}`)),
    );
    const [ready, live] = await Promise.all([app.client.get('/health/ready'), app.client.get('/health/live')]);

    for (const answer of [...answers, ready]) {
      expect([NO_ANSWER, ALL_IN_USE]).toContainEqual(refusalOf(answer));
    }
    expect(live.status).toBe(200);

    app.proxy.resume();
    const again = await Promise.all(Array.from({ length: REQUESTS }, () => app.client.get(`/v1/threads/${thread.id}`)));
    expect(again.map(({ body }) => body)).toEqual(again.map(() => thread));
    await until(async () => (await connections()).length <= POOL_SIZE);
    expect(await connections()).not.toContainEqual({ state: 'idle in transaction' });
  });

  it('leaves connections half-open, refuses, and makes new ones', async () => {
    const thread = await aThread(app.client);
    app.proxy.leaveHalfOpen();

    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, () => app.client.get(`/v1/threads/${thread.id}`)),
    );

    for (const answer of answers) expect(refusalOf(answer)).toMatchObject({ status: 503, isInTime: true });
    app.proxy.resume();
    expect((await app.client.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it('is slow, serves', async () => {
    app.proxy.slowDown(200);

    const thread = await aThread(app.client);

    expect((await app.client.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });
});
