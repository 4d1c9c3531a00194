import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AppBehindProxy, refusalOf, safeRefusal, startAppBehindProxy } from '../support/app-behind-proxy.js';
import { aThread } from '../support/build.js';
import type { Answer } from '../support/client.js';
import { until } from '../support/process.js';

/** No more than the statements of a kind that are under way at once. */
const POOL_SIZE = 3;
const REQUESTS = 500;

// Broken by leaving `connectionTimeoutMillis` out of prisma/connection-pool.ts: the requests wait until the lock is gone.
describe('the server, when all its connections are held', () => {
  let app: AppBehindProxy;

  beforeEach(async () => {
    app = await startAppBehindProxy({ DATABASE_POOL_SIZE: String(POOL_SIZE) });
  });

  afterEach(() => app.close());

  const waiting = async (): Promise<number> =>
    (
      await app.database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
    ).length;

  it('refuses 500 requests in time, is not ready, and serves at once when they are free', async () => {
    const thread = await aThread(app.client);
    const release = await app.database.hold('LOCK TABLE threads IN ACCESS EXCLUSIVE MODE');
    const holders: Promise<Answer>[] = [];
    for (let held = 1; held <= POOL_SIZE; held++) {
      holders.push(app.client.get(`/v1/threads/${thread.id}`));
      await until(async () => (await waiting()) === held);
    }

    const health = Promise.all([app.client.get('/health/ready'), app.client.get('/health/live')]);
    const requests = Array.from({ length: REQUESTS }, () => app.client.get(`/v1/threads/${thread.id}`));
    const [ready, live] = await health;
    const refused = await Promise.all(requests);

    const inUse = safeRefusal('All connections to the database are in use.');
    expect(refusalOf(ready)).toEqual(inUse);
    expect(live.status).toBe(200);
    // The first to get a connection again are those whose turn comes when the statements before them are given up.
    for (const answer of refused) expect([inUse, safeRefusal()]).toContainEqual(refusalOf(answer));
    for (const answer of await Promise.all(holders)) expect(refusalOf(answer)).toEqual(safeRefusal());

    await release();
    expect((await app.client.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    expect((await app.client.get('/health/ready')).status).toBe(200);
    const connections = await app.database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'threadstore'`,
    );
    expect(connections.length).toBeLessThanOrEqual(POOL_SIZE);
  });

  it('gives a statement up that takes too long, and it has changed nothing', async () => {
    const thread = await aThread(app.client);
    const release = await app.database.hold('SELECT FROM threads FOR UPDATE');

    const refused = await app.client.post(`/v1/threads/${thread.id}`, { metadata: { a: 'b' } });

    expect(refusalOf(refused)).toEqual(safeRefusal());
    await release();
    expect((await app.client.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });
});
