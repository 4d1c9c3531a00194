import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, startServerOn, type TestApp, type TestServer } from '../support/app.js';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { EventStream, openFeed, projectsWithFeeds } from '../support/event-stream.js';
import { Installation, STARTS_TIMEOUT_MS, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const PATH = '/v1/events/stream';
const IDLE = 300;

describe('two servers of one database', () => {
  let app: TestApp;
  let other: TestServer;
  let client: Client;
  let elsewhere: Client;

  beforeAll(async () => {
    app = await startApp();
    other = await startServerOn(app.database);
    [client] = (await projectsWithFeeds(app, 1)) as [Client];
    elsewhere = new Client(other.url, client.key);
  });

  afterAll(async () => {
    await other.close();
    await app.close();
  });

  // What breaks it: a server that listens to nobody. It would look twice a second, and take ten seconds for these.
  it('tell each other at once what happens', async () => {
    const stream = await EventStream.open(client, PATH);
    const start = Date.now();

    const threads: string[] = [];
    for (let i = 1; i <= 20; i++) {
      threads.push((await aThread(elsewhere)).id);
      await stream.until(i);
    }

    stream.close();
    expect(stream.events.map(({ data }) => data.id)).toEqual(threads);
    expect(Date.now() - start).toBeLessThan(5_000);
  });

  // What breaks it: streams that rely on being told. Here nobody is, as behind PgBouncer in transaction mode.
  it('look for themselves where they are told nothing', async () => {
    const stream = await EventStream.open(client, PATH);
    const listening = await app.database.query(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()
         AND query ~ 'LISTEN|pg_notify\\(' AND pid <> pg_backend_pid()`,
    );

    const thread = await aThread(elsewhere);
    await stream.until(1);

    stream.close();
    expect(listening).toHaveLength(1);
    expect(stream.events.map(({ data }) => data.id)).toEqual([thread.id]);
  });

  // What breaks it: a query, a timer or a connection for each stream.
  it(`keep ${IDLE} idle streams of threads with two statements a second, and tell only whom it concerns`, async () => {
    const threads = await Promise.all(Array.from({ length: 3 }, () => aThread(client)));
    const streams = await Promise.all(
      Array.from({ length: IDLE }, (_, i) => EventStream.open(client, `/v1/threads/${threads[i % 3]!.id}/events`)),
    );

    // Never so, if each of them asked. Not at once, since PostgreSQL counts late what the connections did before, and
    // not once more, since others ask now and then.
    let asked = Infinity;
    await until(async () => (asked = await statementsOf3Seconds()) < 10);

    await client.delete(`/v1/threads/${threads[0]!.id}`);
    await Promise.all(streams.filter((_, i) => i % 3 === 0).map((stream) => stream.ended));

    expect(asked).toBeLessThan(10);
    expect(streams.map((stream) => stream.events.length)).toEqual(streams.map((_, i) => (i % 3 === 0 ? 1 : 0)));
    for (const stream of streams) stream.close();
  });

  async function statementsOf3Seconds(): Promise<number> {
    const before = await statements();
    await setTimeout(3_000);
    return (await statements()) - before;
  }

  /** How many transactions this database has had, in which every statement of a stream is one. */
  async function statements(): Promise<number> {
    const [row] = await app.database.query<{ count: number }>(
      `SELECT (xact_commit + xact_rollback)::float8 AS count FROM pg_stat_database WHERE datname = current_database()`,
    );
    return row!.count;
  }
});

describe('node dist/main.js, asked to stop', () => {
  // What breaks it: streams that are waited for as requests are, until SHUTDOWN_TIMEOUT.
  it('ends its streams, whole, and refuses no one else for them', async () => {
    const installation = await Installation.make();
    try {
      const server = await installation.start();
      const client = new Client(server.url, (await installation.read('api-key')).trim());
      await openFeed(client);
      const streams = await Promise.all(Array.from({ length: 20 }, () => EventStream.open(client, PATH)));
      const thread = await aThread(client);
      await Promise.all(streams.map((stream) => stream.until(1)));
      const start = Date.now();

      const ended = await server.end('SIGTERM');

      // Not cut off: that would reject.
      await Promise.all(streams.map((stream) => stream.ended));
      expect(ended).toEqual({ code: 0, stdout: server.stdout, stderr: '' });
      expect(streams.map(({ events }) => events.map(({ data }) => data.id))).toEqual(streams.map(() => [thread.id]));
      expect(Date.now() - start).toBeLessThan(10_000);
    } finally {
      await installation.remove();
    }
  });
});
