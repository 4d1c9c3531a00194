import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startApp, startServerOn, type TestApp } from '../support/app.js';
import { aThread, ok } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { Installation, STARTS_TIMEOUT_MS, until } from '../support/process.js';
import { anEndpoint, deliveriesOf, ENDPOINTS, TO_LOOPBACK, untilDeliveries } from './fixtures.js';
import { Receiver } from './receiver.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const SERVERS = 3;
const THREADS = 30;

let receiver: Receiver;

beforeEach(async () => {
  receiver = await Receiver.start();
});

afterEach(() => receiver.close());

describe('several servers of one database', () => {
  let app: TestApp;
  let endpoint: Answer['body'];

  beforeAll(async () => {
    app = await startApp(TO_LOOPBACK);
  });

  afterAll(() => app.close());

  beforeEach(async () => {
    endpoint = await anEndpoint(app.a, receiver);
  });

  // What breaks it: a claim that others do not see, by which an event comes twice; a claim that does not look back.
  it('send each event once, each thread in its order, and all take part', async () => {
    const servers = await Promise.all(Array.from({ length: SERVERS }, () => startServerOn(app.database, TO_LOOPBACK)));
    let underWay = 0;
    let most = 0;
    receiver.answer = (_, response) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        response.writeHead(200).end();
      }, 50);
    };
    const threads = await Promise.all(Array.from({ length: THREADS }, () => aThread(app.a)));
    await Promise.all(threads.map(({ id }) => app.a.post(`/v1/threads/${id}`, { metadata: { a: 'b' } })));
    await Promise.all(threads.map(({ id }) => app.a.delete(`/v1/threads/${id}`)));
    await untilDeliveries(app.a, endpoint.id, 'succeeded', 3 * THREADS);

    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect([ids.length, new Set(ids).size]).toEqual([3 * THREADS, 3 * THREADS]);
    for (const { id } of threads) {
      const types = receiver.events.filter(({ data }) => data.id === id).map(({ type }) => type);
      expect(types).toEqual(['thread.created', 'thread.updated', 'thread.deleted']);
    }
    // One alone has four under way.
    expect(most).toBeGreaterThan(4);
    await Promise.all(servers.map((server) => server.close()));
    ok(await app.a.delete(`${ENDPOINTS}/${endpoint.id}`));
  });

  // What breaks it: a turn that only the server which ended the delivery before could give.
  it('go on where a crash left a thread without a turn', async () => {
    ok(await app.a.post(`${ENDPOINTS}/${endpoint.id}`, { event_types: ['thread.created'], enabled: false }));
    const thread = await aThread(app.a);
    await app.database.query(
      `WITH event AS (SELECT * FROM events WHERE thread_id = $2)
       INSERT INTO webhook_deliveries
         (project_id, endpoint_id, position, type, thread_id, version, created_at, status, attempts)
       SELECT project_id, $1, position, type, thread_id, version, created_at, 'pending', 0 FROM event`,
      [endpoint.id, thread.id],
    );
    await app.database.query(
      `UPDATE webhook_endpoints SET is_enabled = true, last_position = (SELECT max(position) FROM events) WHERE id = $1`,
      [endpoint.id],
    );
    const another = await startServerOn(app.database, TO_LOOPBACK);

    expect((await untilDeliveries(app.a, endpoint.id, 'succeeded', 1))[0].event.data.id).toBe(thread.id);
    await another.close();
    ok(await app.a.delete(`${ENDPOINTS}/${endpoint.id}`));
  });
});

describe('a server that ends while it sends', () => {
  const API_KEY = 'sk-ts-key-of-a-server-that-ends';
  let installation: Installation;
  let app: TestApp;
  let endpoint: Answer['body'];

  beforeEach(async () => {
    app = await startApp();
    installation = await Installation.make();
  });

  afterEach(async () => {
    await installation.remove();
    await app.close();
  });

  /** The server that ends is the only one that may send to the receiver; the other would be refused by its address. */
  async function sendingServer(shutdownTimeout: string) {
    const env = { DATABASE_URL: app.database.url, MIGRATE: 'off', API_KEY, SHUTDOWN_TIMEOUT: shutdownTimeout };
    const server = await installation.start({ ...env, ...TO_LOOPBACK });
    const client = new Client(server.url, API_KEY);
    // A server that is asleep for want of an endpoint does not take part.
    endpoint = await anEndpoint(client, receiver);
    receiver.answer = () => undefined;
    await aThread(client);
    await receiver.has(1);
    return server;
  }

  // What breaks it: a claim that never runs out, or one that others do not wait for.
  it('by kill -9 leaves it to another, once its claim has run out', async () => {
    const server = await sendingServer('25');
    await server.end('SIGKILL');
    receiver.accept();
    const heir = await startServerOn(app.database, TO_LOOPBACK);
    const [claimed] = await app.database.query<{ seconds: number }>(
      'SELECT extract(epoch FROM claimed_until - now())::float8 AS seconds FROM webhook_deliveries',
    );
    expect(claimed!.seconds).toBeGreaterThan(20);
    expect(receiver.received).toHaveLength(1);

    await app.database.query('UPDATE webhook_deliveries SET claimed_until = now()');
    const [first, second] = await receiver.has(2);
    const [delivery] = await untilDeliveries(app.a, endpoint.id, 'succeeded', 1);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(delivery.attempts).toBe(2);
    await heir.close();
  });

  // What breaks it: a stop that does not wait for what is being sent.
  it('by SIGTERM waits for the answer', async () => {
    const server = await sendingServer('25');
    let answer: (() => void) | undefined;
    receiver.answer = (_, response) => (answer = () => void response.writeHead(200).end());
    await aThread(new Client(server.url, API_KEY));
    await receiver.has(2);
    const ended = server.end('SIGTERM');
    await until(async () => (await fetch(server.url).catch(() => undefined)) === undefined);
    answer!();
    await untilDeliveries(app.a, endpoint.id, 'succeeded', 1);
    await receiver.close();
    receiver = await Receiver.start();

    expect((await ended).code).toBe(0);
  });

  /** Another project has all that this one has, with the same ids. */
  async function copyToProject(projectId: string): Promise<void> {
    for (const table of ['webhook_endpoints', 'webhook_deliveries']) {
      await app.database.query(
        `INSERT INTO ${table} SELECT (jsonb_populate_record(own, jsonb_build_object('project_id', $1::text))).*
         FROM ${table} AS own`,
        [projectId],
      );
    }
  }

  // What breaks it: a claim that is kept when the attempt is broken off, an attempt that counts, or a claim of another
  // project that is given back.
  it('by SIGTERM gives back what is not answered in its time', async () => {
    const server = await sendingServer('2');
    const other = ok(await app.admin.post('/v1/organization/projects', { name: 'Other' }));
    await copyToProject(other.id);

    expect((await server.end('SIGTERM')).code).toBe(0);
    const rows = await app.database.query(
      `SELECT project_id = $1 AS "isOther", status, attempts, claimed_until IS NOT NULL AS "isClaimed"
       FROM webhook_deliveries ORDER BY 1`,
      [other.id],
    );
    expect(rows).toEqual([
      { isOther: false, status: 'pending', attempts: 0, isClaimed: false },
      { isOther: true, status: 'pending', attempts: 1, isClaimed: true },
    ]);
    expect(await deliveriesOf(app.a, endpoint.id)).toHaveLength(1);
  });
});
