import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import type { Client } from '../support/client.js';
import { ARRIVAL_MS, append, HeldPostgres, LOCK_THREADS, times } from './held-postgres.js';

/** More than who waits for a turn is kept, and less than PostgreSQL works on a statement. */
const TOO_LONG_MS = 1_800;

/** A stall that nobody is to notice. */
const LONG_MS = 1_250;

const pairs = (from: number): object => Object.fromEntries(times(16, (i) => [`key ${from + i}`, 'value']));

describe('requests that meet', () => {
  let app: TestApp;
  let postgres: HeldPostgres;

  beforeEach(async () => {
    app = await startApp();
    postgres = new HeldPostgres(app.database);
  });

  afterEach(() => app.close());

  // Breaks: a larger MAX_ROWS; or no coalescing at all.
  it('share statements, of at most 64 rows', async () => {
    const sizes = await postgres.watchSizes('threads');

    const created = await postgres.meeting(() => times(200, () => aThread(app.a)));

    const seen = await sizes();
    expect(seen.reduce((sum, size) => sum + size, 0)).toBe(created.length);
    expect(seen.length).toBeLessThan(created.length / 2);
    expect(Math.max(...seen)).toBeLessThanOrEqual(64);
  });

  // Breaks: a larger MAX_UNDER_WAY.
  it('have at most three statements under way, and leave the other connections to others', async () => {
    await postgres.meeting(() => times(200, () => aThread(app.a)));

    expect(postgres.heldUp).toEqual(times(3, () => ({ state: 'active' })));
  });

  // Breaks: a larger MAX_WAITING.
  it('wait for what is locked in at most three connections', async () => {
    const threads = await Promise.all(times(20, () => aThread(app.a)));

    const answers = await postgres.meeting(() => threads.map(({ id }) => append(app.a, id, 'text')), LOCK_THREADS);

    expect(postgres.heldUp).toEqual(times(3, () => ({ state: 'active' })));
    expect(answers.map(({ status }) => status)).toEqual(threads.map(() => 200));
  });

  // Breaks: to count those that wait for locks by kind.
  it('of all kinds wait for what is locked in at most three connections', async () => {
    const threads = await Promise.all(times(8, () => aThread(app.a)));
    const messages = await Promise.all(threads.map(({ id }) => aMessage(app.a, id)));
    const doomed = await Promise.all(threads.map(({ id }) => aMessage(app.a, id)));

    const answers = await postgres.meeting(
      () =>
        threads.flatMap(({ id }, i) => [
          append(app.a, id, 'text'),
          app.a.post(`/v1/threads/${id}`, { metadata: { a: 'b' } }),
          app.a.post(`/v1/threads/${id}/messages/${messages[i]!.id}`, { metadata: { a: 'b' } }),
          app.a.delete(`/v1/threads/${id}/messages/${doomed[i]!.id}`),
        ]),
      LOCK_THREADS,
    );

    expect(postgres.heldUp).toEqual(times(3, () => ({ state: 'active' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  // Breaks: what takes long and shares no statement without a limit.
  it.each([
    ['filters by several pairs', (client: Client) => client.get('/v1/threads?metadata[a]=b&metadata[c]=d')],
    [
      'large threads',
      (client: Client) =>
        client.post('/v1/threads', { messages: times(6, () => ({ role: 'user', content: 'x'.repeat(200_000) })) }),
    ],
  ])('that are %s take at most three connections', async (_, send) => {
    const answers = await postgres.meeting(() => times(9, () => send(app.a)), 'LOCK TABLE threads, thread_pairs');

    expect(postgres.heldUp).toEqual(times(3, () => ({ state: 'active' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  // Breaks: to refuse who has waited for a second.
  it('wait for more than a second', async () => {
    const answers = await postgres.meeting(() => times(200, () => app.a.post('/v1/threads', {})), undefined, LONG_MS);

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  // Breaks: to keep waiting who has waited too long.
  it('are refused when their turn does not come in time, and nothing of them is stored', async () => {
    const answers = await postgres.meeting(
      () => times(300, () => app.a.post('/v1/threads', {})),
      undefined,
      TOO_LONG_MS,
    );

    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThanOrEqual(300 - 3 * 64);
    expect(refused.map(({ status, body }) => [status, body])).toEqual(
      refused.map(() => [
        503,
        {
          error: {
            message: 'The server is temporarily unable to answer: Other requests came first. Please try again shortly.',
            type: 'server_error',
            param: null,
            code: 'service_unavailable',
          },
        },
      ]),
    );
    const stored = await app.database.query<{ id: string }>('SELECT id FROM threads');
    const acknowledged = answers.filter(({ status }) => status === 200).map(({ body }) => body.id);
    expect(new Set(stored.map(({ id }) => id))).toEqual(new Set(acknowledged));
  });

  // Breaks: a statement that says of what is not there, or of what is not to be done, no more than of what is locked.
  it('are refused at once, however many wait for what is locked', async () => {
    const threads = await Promise.all(times(4, () => aThread(app.a)));
    const [own, full, other, another] = await Promise.all(times(4, () => aThread(app.b)));
    const { id } = await aMessage(app.b, own.id);
    ok(await app.b.post(`/v1/threads/${full.id}`, { metadata: pairs(0) }));
    const release = await app.database.hold('SELECT FROM threads WHERE id = ANY($1) FOR UPDATE', [
      threads.map((thread) => thread.id),
    ]);
    const waiting = threads.map((thread) => append(app.a, thread.id, 'text'));
    await setTimeout(ARRIVAL_MS);

    const none = 'thread_000000000000000000000000';
    const stale = { 'if-match': '"7"' };
    const answers = await Promise.all([
      append(app.b, none, 'text'),
      app.b.post(`/v1/threads/${none}`, { metadata: {} }),
      app.b.delete(`/v1/threads/${none}`),
      app.b.post(`/v1/threads/${own.id}/messages/msg_000000000000000000000000`, { metadata: {} }),
      app.b.post(`/v1/threads/${none}/messages/${id}`, { metadata: {} }),
      app.b.delete(`/v1/threads/${none}/messages/${id}`),
      app.b.post(`/v1/threads/${full.id}`, { metadata: pairs(1) }),
      app.b.post(`/v1/threads/${other.id}`, { metadata: {} }, stale),
      app.b.delete(`/v1/threads/${another.id}`, stale),
    ]);
    await release();

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404, 400, 412, 412]);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(threads.map(() => 200));
  });

  // Breaks: to forget which keys are under way.
  it('wait for one thread in one connection', async () => {
    const thread = await aThread(app.a);

    const answers = await postgres.meeting(
      () => times(100, (i) => append(app.a, thread.id, `text ${i}`)),
      LOCK_THREADS,
    );

    expect(postgres.heldUp).toEqual([{ state: 'active' }]);
    expect(answers.map(({ status }) => status)).toEqual(times(100, () => 200));
  });

  // Breaks: no coalescing of appends.
  it('for one thread share statements too', async () => {
    const sizes = await postgres.watchSizes('messages');
    const thread = await aThread(app.a);

    await postgres.meeting(() => times(100, (i) => append(app.a, thread.id, `text ${i}`)));

    expect((await sizes()).length).toBeLessThanOrEqual(10);
  });

  // Breaks: changes of messages that line up by message; each would wait in a statement of its own.
  it('for messages of one thread wait in one connection, and share statements too', async () => {
    const sizes = await postgres.watchSizes('message_tombstones');
    const thread = await aThread(app.a);
    const messages = await Promise.all(times(60, () => aMessage(app.a, thread.id)));

    const answers = await postgres.meeting(
      () => messages.map(({ id }) => app.a.delete(`/v1/threads/${thread.id}/messages/${id}`)),
      LOCK_THREADS,
    );

    expect(postgres.heldUp).toEqual([{ state: 'active' }]);
    expect(answers.map(({ status }) => status)).toEqual(messages.map(() => 200));
    expect((await sizes()).filter((size) => size > 0).length).toBeLessThanOrEqual(10);
  });

  // Breaks: no bound by characters in Queue.take().
  it('share no statement when they are large', async () => {
    const sizes = await postgres.watchSizes('messages');
    const thread = await aThread(app.a);

    const texts = times(16, (i) => String.fromCharCode(65 + i).repeat(250_000));
    const appended = await postgres.meeting(() => texts.map((text) => append(app.a, thread.id, text)));

    expect(appended.map((answer) => ok(answer).content[0].text.value)).toEqual(texts);
    expect(Math.max(...(await sizes()))).toBeLessThanOrEqual(4);
  });
});
