import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import type { Client } from '../support/client.js';
import { allEvents, projectsWithFeeds } from '../support/event-stream.js';
import { until } from '../support/process.js';

let app: TestApp;
let projects: Client[];

beforeAll(async () => {
  app = await startApp();
  projects = await projectsWithFeeds(app, 2);
});

afterAll(() => app.close());

/** How many statements of the server wait for a lock. */
const countWaiting = async (): Promise<number> => {
  const waiting = await app.database.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return waiting.length;
};

const untilOneWaits = (): Promise<void> => until(async () => (await countWaiting()) > 0);

// Whoever takes locks in another order than others may wait for one who waits for him.
describe('a statement that records', () => {
  // What breaks it: a message that is locked before its thread, or without it.
  it('has locked the thread when it waits for a message', async () => {
    const [client] = projects as [Client];
    const thread = await aThread(client);
    const message = await aMessage(client, thread.id);
    const release = await app.database.hold('SELECT FROM messages WHERE id = $1 FOR UPDATE', [message.id]);

    const changing = client.post(`/v1/threads/${thread.id}/messages/${message.id}`, { metadata: { a: '1' } });
    await untilOneWaits();
    const free = await app.database.query('SELECT FROM threads WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED', [
      thread.id,
    ]);
    await release();

    expect(free).toEqual([]);
    ok(await changing);
  });

  // What breaks it: projects that share a statement, that take all that may be under way, whose few wait for more, or that wait by kind.
  it('waits for the feed of its own project, and nobody else does', async () => {
    const before = await Promise.all(projects.map((client) => allEvents(client)));
    const [held, free] = projects as [Client, Client];
    const { id } = await aThread(held);
    const [own] = await app.database.query<{ project_id: string }>('SELECT project_id FROM threads WHERE id = $1', [
      id,
    ]);
    const release = await app.database.hold('SELECT FROM event_feeds WHERE project_id = $1 FOR UPDATE', [
      own!.project_id,
    ]);

    const waiting = Promise.all(
      Array.from({ length: 15 }, () => [
        aThread(held),
        aMessage(held, id),
        held.post(`/v1/threads/${id}`, { metadata: {} }).then(ok),
      ]).flat(),
    );
    await untilOneWaits();
    await setTimeout(300);
    const ownWaiting = await countWaiting();
    const few = await Promise.all(Array.from({ length: 5 }, () => aThread(free)));
    const many = await Promise.all(Array.from({ length: 40 }, () => aThread(free)));
    await release();

    expect(ownWaiting).toBe(1);
    expect([few.length, many.length]).toEqual([5, 40]);
    await waiting;
    const after = await Promise.all(projects.map((client) => allEvents(client)));
    expect(after.map(({ length }, i) => length - before[i]!.length)).toEqual([46, 45]);
  });
});
