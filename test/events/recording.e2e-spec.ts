import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import type { Client } from '../support/client.js';
import { allEvents, happened, projectsWithFeeds } from '../support/event-stream.js';

let app: TestApp;
let unused: Client[];
let client: Client;

beforeAll(async () => {
  app = await startApp();
  unused = await projectsWithFeeds(app, 11);
});

afterAll(() => app.close());

beforeEach(() => {
  client = unused.pop()!;
});

const idAt = (position: number): string => `evt_${String(position).padStart(16, '0')}`;

const ofThread = (position: number, type: string, id: string, version?: number): object => ({
  id: idAt(position),
  type,
  data: { id, object: type === 'thread.deleted' ? type : 'thread', ...(version && { version }) },
});

const ofMessage = (position: number, type: string, thread_id: string, id: string, version?: number): object => ({
  id: idAt(position),
  type,
  data: {
    id,
    object: type === 'thread.message.deleted' ? type : 'thread.message',
    thread_id,
    ...(version && { version }),
  },
});

const recorded = async (): Promise<object[]> => (await allEvents(client)).map(happened);

describe('what is recorded', () => {
  it('is the creation of a thread, then of its first messages, in their order', async () => {
    const before = Math.floor(Date.now() / 1000);
    const thread = await aThread(client, {
      messages: ['One', 'Two', 'Three'].map((content) => ({ role: 'user', content })),
    });

    const { data: messages } = ok(await client.get(`/v1/threads/${thread.id}/messages?order=asc`));
    const events = await allEvents(client);
    expect(events.map(happened)).toEqual([
      ofThread(1, 'thread.created', thread.id, 1),
      ...messages.map(({ id }: { id: string }, i: number) =>
        ofMessage(2 + i, 'thread.message.created', thread.id, id, 1),
      ),
    ]);
    for (const { object, created_at } of events) {
      expect(object).toBe('event');
      expect(created_at).toBeGreaterThanOrEqual(before - 1);
      expect(created_at).toBeLessThanOrEqual(Date.now() / 1000 + 1);
    }
  });

  it('is each change and each deletion, with the version that it made', async () => {
    const thread = await aThread(client);
    const url = `/v1/threads/${thread.id}`;
    const message = await aMessage(client, thread.id);
    ok(await client.post(url, { metadata: { a: '1' } }));
    ok(await client.patch(url, { metadata: { a: null } }));
    ok(await client.post(`${url}/messages/${message.id}`, { metadata: { b: '1' } }));
    ok(await client.patch(`${url}/messages/${message.id}`, { metadata: null }));
    ok(await client.delete(`${url}/messages/${message.id}`));
    ok(await client.delete(url));

    expect(await recorded()).toEqual([
      ofThread(1, 'thread.created', thread.id, 1),
      ofMessage(2, 'thread.message.created', thread.id, message.id, 1),
      ofThread(3, 'thread.updated', thread.id, 2),
      ofThread(4, 'thread.updated', thread.id, 3),
      ofMessage(5, 'thread.message.updated', thread.id, message.id, 2),
      ofMessage(6, 'thread.message.updated', thread.id, message.id, 3),
      ofMessage(7, 'thread.message.deleted', thread.id, message.id),
      ofThread(8, 'thread.deleted', thread.id),
    ]);
  });

  it('is the deletion of a thread alone, for its messages too', async () => {
    const thread = await aThread(client, { messages: [{ role: 'user', content: 'Hi' }] });

    ok(await client.delete(`/v1/threads/${thread.id}`));

    expect((await recorded()).slice(2)).toEqual([ofThread(3, 'thread.deleted', thread.id)]);
  });

  it('is a thread of large messages, which are written one by one', async () => {
    const content = 'x'.repeat(200_000);
    const thread = await aThread(client, { messages: Array.from({ length: 6 }, () => ({ role: 'user', content })) });

    const { data: messages } = ok(await client.get(`/v1/threads/${thread.id}/messages?order=asc`));
    expect(await recorded()).toEqual([
      ofThread(1, 'thread.created', thread.id, 1),
      ...messages.map(({ id }: { id: string }, i: number) =>
        ofMessage(2 + i, 'thread.message.created', thread.id, id, 1),
      ),
    ]);
  });

  it('is the work of a request with an Idempotency-Key once, however often it is sent', async () => {
    const headers = { 'idempotency-key': randomUUID() };

    const first = ok(await client.post('/v1/threads', { messages: [{ role: 'user', content: 'Hi' }] }, headers));
    const again = ok(await client.post('/v1/threads', { messages: [{ role: 'user', content: 'Hi' }] }, headers));

    expect(again).toEqual(first);
    expect((await recorded()).map((event) => (event as { type: string }).type)).toEqual([
      'thread.created',
      'thread.message.created',
    ]);
  });
});

describe('what is not recorded', () => {
  it.each([
    ['a thread that is not there', 'post', '/v1/threads/thread_unknown', { metadata: { a: '1' } }],
    ['a message for no thread', 'post', '/v1/threads/thread_unknown/messages', { role: 'user', content: 'Hi' }],
    ['a body that is refused', 'post', '/v1/threads', { messages: [{ role: 'user', content: '' }] }],
  ] as const)('is %s', async (_, method, path, body) => {
    const refused = await client[method](path, body);

    expect([refused.status >= 400, await recorded()]).toEqual([true, []]);
  });

  // What breaks it: events that are recorded for what was asked for, and not for what was changed.
  it('is a change of what has another version, or would have too much metadata, or is gone', async () => {
    const thread = await aThread(client, { metadata: { a: '1' } });
    const url = `/v1/threads/${thread.id}`;
    const message = await aMessage(client, thread.id);
    const other = { 'if-match': '"7"' };
    const tooMuch = { metadata: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, 'v'])) };
    const gone = `${url}/messages/${message.id.slice(0, -4)}0000`;

    const answers = [
      await client.post(url, { metadata: { a: '2' } }, other),
      await client.post(url, tooMuch),
      await client.delete(url, other),
      await client.post(`${url}/messages/${message.id}`, { metadata: { a: '2' } }, other),
      await client.delete(`${url}/messages/${message.id}`, other),
      await client.post(gone, { metadata: {} }),
      await client.delete(gone),
    ];

    expect(answers.map(({ status }) => status)).toEqual([412, 400, 412, 412, 412, 404, 404]);
    expect(await recorded()).toHaveLength(2);
  });

  // What breaks it: events that are recorded by a transaction of their own, before or after the change.
  it.each([
    ['stores its events', 'events', "NEW.type = 'thread.message.created'"],
    ['stores its messages', 'messages', 'true'],
  ])('is a thread when PostgreSQL fails as it %s, and then there is no thread either', async (_, table, condition) => {
    await app.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF ${condition} THEN RAISE 'broken'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER failing BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION fail()`);

    const answer = await client.post('/v1/threads', { messages: [{ role: 'user', content: 'Hi' }] });

    await app.database.query(`DROP TRIGGER failing ON ${table}; DROP FUNCTION fail()`);
    const thread = await aThread(client);
    expect(answer.status).toBe(500);
    expect(ok(await client.get('/v1/threads')).data).toEqual([thread]);
    expect(await recorded()).toEqual([ofThread(1, 'thread.created', thread.id, 1)]);
  });
});
