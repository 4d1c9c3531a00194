import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aMessage, aThread, noThread, ok } from '../support/build.js';
import type { Client } from '../support/client.js';
import { eventAsGrpc } from '../support/as-grpc.js';
import { allEvents, projectsWithFeeds } from '../support/event-stream.js';
import { asHttp, GrpcClient, type Message, refusedBy } from '../support/grpc-client.js';
import { type GrpcTestApp, startGrpcApp } from '../support/grpc-app.js';
import type { GrpcStream } from '../support/grpc-stream.js';

let app: GrpcTestApp;
/** Two projects whose changes are recorded. */
let http: Client;
let foreignHttp: Client;
let grpc: GrpcClient;
let foreign: GrpcClient;
const open: GrpcStream[] = [];

beforeAll(async () => {
  app = await startGrpcApp();
  [http, foreignHttp] = (await projectsWithFeeds(app, 2)) as [Client, Client];
  grpc = new GrpcClient(app.address, http.key);
  foreign = new GrpcClient(app.address, foreignHttp.key);
});

afterEach(() => {
  for (const { call } of open.splice(0)) call.cancel();
});

afterAll(async () => {
  grpc.close();
  foreign.close();
  await app.close();
});

/** A stream that the server has begun, or refused. */
async function watching(client: GrpcClient, request: object = {}): Promise<GrpcStream> {
  const stream = client.watch(request);
  open.push(stream);
  await stream.begun;
  return stream;
}

/** What came, once something else that was changed afterwards has come. */
async function soFar(stream: GrpcStream, client: Client): Promise<Message[]> {
  const { id } = await aThread(client);
  while (!stream.messages.some(({ thread_id }) => thread_id === id)) await setTimeout(5);
  return stream.messages.slice(0, -1);
}

const typesOf = (messages: readonly Message[]): string[] =>
  messages.map(({ type }) => type.replace('EVENT_TYPE_THREAD_', ''));

/** A thread to which everything happens that can. */
async function aLife(client: Client): Promise<string> {
  const { id } = await aThread(client, { messages: [{ role: 'user', content: 'Hello' }] });
  const message = await aMessage(client, id);
  const url = `/v1/threads/${id}`;
  ok(await client.post(`${url}/messages/${message.id}`, { metadata: { a: '1' } }));
  ok(await client.post(url, { metadata: { a: '1' } }));
  ok(await client.delete(`${url}/messages/${message.id}`));
  ok(await client.delete(url));
  return id;
}

const LIFE = [
  'CREATED',
  'MESSAGE_CREATED',
  'MESSAGE_CREATED',
  'MESSAGE_UPDATED',
  'UPDATED',
  'MESSAGE_DELETED',
  'DELETED',
];

describe('Watch', () => {
  // Breaks when an event is mapped to another shape, or comes in another order.
  it('sends what happens from now on, as the list by HTTP has it', async () => {
    await aThread(http);
    const { last_id } = ok(await http.get('/v1/event_feed'));
    const stream = await watching(grpc);

    const id = await aLife(http);
    const messages = await stream.until(LIFE.length);

    expect([typesOf(messages), messages[0].thread_id]).toEqual([LIFE, id]);
    expect(messages).toEqual((await allEvents(http, last_id)).map(eventAsGrpc));
    expect((await stream.begun)?.get('x-request-id')).toEqual([expect.stringMatching(/^req_/)]);
  });

  // Breaks when `after` is not handed on.
  it('goes on after an event', async () => {
    const stream = await watching(grpc);
    await aLife(http);
    const [, , third, ...others] = await stream.until(LIFE.length);
    stream.call.cancel();

    const resumed = await watching(grpc, { after: third.id });

    expect(await resumed.until(others.length)).toEqual(others);
    expect(typesOf(await soFar(resumed, http))).toEqual(LIFE.slice(3));
  });

  // Breaks when `types` is not handed on.
  it('sends only the types that it is asked for', async () => {
    const stream = await watching(grpc, { types: ['EVENT_TYPE_THREAD_CREATED', 'EVENT_TYPE_THREAD_MESSAGE_DELETED'] });

    await aLife(http);

    expect(typesOf(await soFar(stream, http))).toEqual(['CREATED', 'MESSAGE_DELETED']);
  });

  // Breaks when `thread_id` is not handed on, or the end of a thread is told as an interruption.
  it('of a thread sends what happens to it, and ends well after it is deleted', async () => {
    const thread = await aThread(http);
    const stream = await watching(grpc, { thread_id: thread.id });

    await aLife(http);
    const message = await aMessage(http, thread.id);
    ok(await http.delete(`/v1/threads/${thread.id}`));

    expect(await stream.code()).toBe('OK');
    expect(
      stream.messages.map(({ type, thread_id, message_id, version }) => [type, thread_id, message_id, version]),
    ).toEqual([
      ['EVENT_TYPE_THREAD_MESSAGE_CREATED', thread.id, message.id, 1],
      ['EVENT_TYPE_THREAD_DELETED', thread.id, '', 0],
    ]);
  });

  // Breaks when the tenant is not that of the key.
  it('shows nothing of another project', async () => {
    const stream = await watching(foreign);

    await aLife(http);

    expect(await soFar(stream, foreignHttp)).toEqual([]);
  });

  // Breaks when what is behind is read at once, whether it is taken or not: then all of it still comes.
  it('reads no more than a client takes that is slow', async () => {
    const [client] = (await projectsWithFeeds(app, 1)) as [Client];
    const slow = new GrpcClient(app.address, client.key);
    const { id } = await aThread(client);
    const [first] = await allEvents(client);
    await pretend(MANY, id);

    const stream = await watching(slow, { after: first.id });
    stream.call.pause();
    await setTimeout(1_000);
    await app.database.query('DELETE FROM events WHERE thread_id = $1', [id]);
    stream.call.resume();
    const { messages } = stream;

    expect(await stream.code()).toBe('UNAVAILABLE');
    slow.close();
    expect(messages.length).toBeLessThan(2_500);
    expect(messages.map((each) => each.id)).toEqual(messages.map((_, n) => idAt(n + 2)));
  });
});

/** Many times what a connection holds. */
const MANY = 20_000;

const idAt = (position: number): string => `evt_${String(position).padStart(16, '0')}`;

/** As if a thread had been changed so often. */
async function pretend(times: number, threadId: string): Promise<void> {
  await app.database.query(
    `WITH feed AS (
       UPDATE event_feeds SET last_position = event_feeds.last_position + $1 FROM threads
       WHERE threads.id = $2 AND event_feeds.project_id = threads.project_id
       RETURNING event_feeds.project_id, event_feeds.last_position - $1 AS position
     )
     INSERT INTO events (project_id, position, type, thread_id, version, created_at)
     SELECT project_id, position + n, 'thread.updated', $2, n + 1, now() FROM feed, generate_series(1, $1::int) AS n`,
    [times, threadId],
  );
}

async function refusalOf(client: GrpcClient, request: object = {}): Promise<object> {
  const refused = refusedBy(await client.watch(request).ended);
  return { code: refused.code, ...asHttp(refused) };
}

describe('Watch is refused', () => {
  // Breaks when a request is not held against the rules that HTTP has.
  it.each([
    ['a type without a name', 'INVALID_ARGUMENT', { types: [7] }, '/v1/events/stream?types[]=7'],
    ['no type', 'INVALID_ARGUMENT', { types: [0] }, '/v1/events/stream?types[]='],
    ['another kind of id', 'INVALID_ARGUMENT', { after: '42' }, '/v1/events/stream?after=42'],
    ['an event of the future', 'NOT_FOUND', { after: `evt_${'9'.repeat(15)}` }, undefined],
    ['a thread id of no kind', 'INVALID_ARGUMENT', { thread_id: 'msg_a' }, '/v1/threads/msg_a/events'],
    ['no thread', 'NOT_FOUND', { thread_id: 'thread_none' }, '/v1/threads/thread_none/events'],
  ])('for %s, as by HTTP', async (_, code, request, url) => {
    const after = (request as { after?: string }).after ?? '';
    const { status, body } = await http.get(url ?? `/v1/events/stream?after=${after}`);

    expect(await refusalOf(grpc, request)).toEqual({ code, status, body });
  });

  it('for the thread of another project, as for none', async () => {
    const { id } = await aThread(http);

    expect(await refusalOf(foreign, { thread_id: id })).toEqual({ code: 'NOT_FOUND', status: 404, body: noThread(id) });
  });

  it('without a key', async () => {
    const { status, body } = await app.anonymous.get('/v1/events/stream');

    expect(await refusalOf(app.grpc.anonymous)).toEqual({ code: 'UNAUTHENTICATED', status, body });
  });

  it('where the feed is off', async () => {
    const { status, body } = await app.a.get('/v1/events/stream');

    expect(body.error.code).toBe('event_feed_off');
    expect(await refusalOf(app.grpc.a)).toEqual({ code: 'INVALID_ARGUMENT', status, body });
  });

  it('after an event whose followers are not kept any more', async () => {
    const [client] = (await projectsWithFeeds(app, 1)) as [Client];
    const own = new GrpcClient(app.address, client.key);
    await aThread(client);
    const [first] = await allEvents(client);
    const { id } = await aThread(client);
    await aThread(client);
    await app.database.query('DELETE FROM events WHERE thread_id = $1', [id]);

    const refused = await refusalOf(own, { after: first.id });
    own.close();

    const { status, body } = await client.get(`/v1/events/stream?after=${first.id}`);
    expect([status, body.error.code]).toEqual([410, 'events_expired']);
    expect(refused).toEqual({ code: 'OUT_OF_RANGE', status, body });
  });
});
