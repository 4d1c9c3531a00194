import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok, refusal } from '../support/build.js';
import { Client } from '../support/client.js';
import { allEvents, EventStream, openFeed, projectsWithFeeds } from '../support/event-stream.js';
import { endOfLog, loggedSince } from '../support/postgres-log.js';
import { until } from '../support/process.js';

const PATH = '/v1/events/stream';

/** What is promised of the end of a key: a second, and some for a busy machine. */
const SOON_MS = 4_000;

let app: TestApp;
let unused: Client[];
let client: Client;

beforeAll(async () => {
  app = await startApp();
  unused = await projectsWithFeeds(app, 19);
});

afterAll(() => app.close());

beforeEach(() => {
  client = unused.pop()!;
});

const ofThread = (id: string): string => `/v1/threads/${id}/events`;

describe('GET /v1/events/stream', () => {
  it('sends what happens from now on, as the list has it', async () => {
    await aThread(client);
    const stream = await EventStream.open(client, PATH);
    const thread = await aThread(client, { messages: [{ role: 'user', content: 'Hi' }] });
    ok(await client.delete(`/v1/threads/${thread.id}`));

    const events = await stream.until(3);

    stream.close();
    expect(events).toEqual((await allEvents(client)).slice(1));
    expect(events.map(({ type }) => type)).toEqual(['thread.created', 'thread.message.created', 'thread.deleted']);
  });

  it('is a stream to proxies too, and begins at once', async () => {
    const { status, headers, body } = await client.get(PATH);

    expect([status, body]).toEqual([200, 'retry: 1000\n\n']);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
  });

  // What breaks it: a stream that begins with now, whatever its client has missed.
  it.each([
    ['the header Last-Event-ID', (id: string): [string, Record<string, string>] => [PATH, { 'last-event-id': id }]],
    ['the parameter after', (id: string): [string, Record<string, string>] => [`${PATH}?after=${id}`, {}]],
    [
      'the header, when both are sent',
      (id: string): [string, Record<string, string>] => [`${PATH}?after=evt_0000000000000001`, { 'last-event-id': id }],
    ],
  ])('goes on after the event that is named by %s', async (_, requestAfter) => {
    const first = await EventStream.open(client, PATH);
    const { id } = await aThread(client);
    await aMessage(client, id);
    await first.until(2);
    first.close();
    // More than a page of a stream.
    for (let i = 0; i < 4; i++)
      await aThread(client, { messages: Array.from({ length: 32 }, () => ({ role: 'user', content: 'Hi' })) });

    const second = await EventStream.open(client, ...requestAfter(first.ids.at(-1)!));
    await aMessage(client, id);
    await second.until(133);

    second.close();
    expect([...first.ids, ...second.ids]).toEqual((await allEvents(client)).map((event) => event.id));
  });

  it('sends only the types that are asked for', async () => {
    const stream = await EventStream.open(client, `${PATH}?types[]=thread.deleted&types[]=thread.message.created`);
    const thread = await aThread(client, { messages: [{ role: 'user', content: 'Hi' }] });
    ok(await client.post(`/v1/threads/${thread.id}`, { metadata: { a: '1' } }));
    ok(await client.delete(`/v1/threads/${thread.id}`));

    const events = await stream.until(2);

    stream.close();
    expect(events.map(({ type }) => type)).toEqual(['thread.message.created', 'thread.deleted']);
  });

  // What breaks it: readers of all projects who are woken with the events of one.
  it('shows nothing of another project', async () => {
    const other = unused.pop()!;
    const [own, foreign] = await Promise.all([EventStream.open(client, PATH), EventStream.open(other, PATH)]);

    await aThread(other);
    await foreign.until(1);
    const thread = await aThread(client);
    await own.until(1);

    own.close();
    foreign.close();
    expect(own.events.map(({ data }) => data.id)).toEqual([thread.id]);
    expect(foreign.events).toHaveLength(1);
  });

  // What breaks it: a key that is looked at when the stream begins, and never again.
  it.each([
    ['was revoked, by whom it may be', 'DELETE FROM api_keys WHERE id = $1'],
    ['has expired', 'UPDATE api_keys SET expires_at = now() WHERE id = $1'],
  ])('ends soon after its key %s', async (_, ending) => {
    const project = ok(await app.admin.post('/v1/organization/projects', { name: 'Leaves' }));
    const accounts = `/v1/organization/projects/${project.id}/service_accounts`;
    const [one, two] = [
      ok(await app.admin.post(accounts, { name: '1' })),
      ok(await app.admin.post(accounts, { name: '2' })),
    ];
    const leaving = new Client(app.url, one.api_key.value);
    const staying = new Client(app.url, two.api_key.value);
    await openFeed(leaving);
    const [ends, stays] = await Promise.all([EventStream.open(leaving, PATH), EventStream.open(staying, PATH)]);

    await app.database.query(ending, [one.api_key.id]);

    await Promise.race([ends.ended, setTimeout(SOON_MS)]);
    await aThread(staying);
    await stays.until(1);
    expect([ends.isOver, ends.events.length, stays.isOver, stays.events.length]).toEqual([true, 0, false, 1]);
    stays.close();
  });

  it('ends when the feed is switched off, and is then refused', async () => {
    const stream = await EventStream.open(client, PATH);

    ok(await client.post('/v1/event_feed', { enabled: false }));

    await Promise.race([stream.ended, setTimeout(SOON_MS)]);
    const again = await client.get(PATH);
    expect([stream.isOver, again.status, again.body.error.code]).toEqual([true, 400, 'event_feed_off']);
  });

  it.each([
    [
      'after=42',
      {},
      400,
      refusal("Invalid 'after': '42'. Expected an ID that begins with 'evt_'.", 'after', 'invalid_value'),
    ],
    [
      '',
      { 'last-event-id': '42' },
      400,
      refusal(
        "Invalid 'Last-Event-ID': '42'. Expected an ID that begins with 'evt_'.",
        'Last-Event-ID',
        'invalid_value',
      ),
    ],
    ['after=evt_0000000000000099', {}, 404, refusal("No event found with id 'evt_0000000000000099'.")],
  ])('refuses ?%s with the headers %j before it begins', async (query, headers, status, body) => {
    const answer = await client.get(`${PATH}?${query}`, headers);

    expect([answer.status, answer.body]).toEqual([status, body]);
  });

  // What breaks it: events that are collected for a client, and not fetched as it takes them.
  it('waits for a client that does not read, and reads nothing ahead of it', async () => {
    const many = 40_000;
    const { port } = new URL(app.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${client.key}\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
    const start = await endOfLog();
    // 10 MB as text: more than the network holds.
    await app.database.query(
      `WITH feed AS (UPDATE event_feeds SET last_position = ${many}
         WHERE project_id = (SELECT project_id FROM api_keys WHERE redacted LIKE $1) RETURNING project_id)
       INSERT INTO events SELECT project_id, n, 'thread.updated', 'thread_' || n, NULL, n, now()
       FROM feed, generate_series(1, ${many}) AS n`,
      [`%${client.key!.slice(-4)}`],
    );
    let ahead = 0;
    // Until it has come to rest.
    await until(async () => {
      const before = ahead;
      await setTimeout(1_000);
      ahead = await pagesRead(start);
      return ahead > 0 && ahead === before;
    });

    const ids: string[] = [];
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) {
      text += chunk as string;
      const whole = text.slice(0, text.lastIndexOf('\n\n') + 1);
      ids.push(...[...whole.matchAll(/^id: (evt_\d{16})\n/gm)].map(([, id = '']) => id));
      text = text.slice(whole.length);
      if (ids.length === many) break;
    }
    expect([ids.length, new Set(ids).size, ids.at(0), ids.at(-1)]).toEqual([
      many,
      many,
      'evt_0000000000000001',
      'evt_0000000000040000',
    ]);
    // Of 500 each.
    expect(ahead).toBeLessThan((many / 500) * 0.75);
  });
});

/** How often a page of events was read in this database, from a place in PostgreSQL's log on. */
async function pagesRead(start: number): Promise<number> {
  let count = 0;
  for await (const entry of loggedSince(start)) {
    if (entry.startsWith(`<${app.database.name}|`) && entry.includes('SELECT feed.is_open')) count++;
  }
  return count;
}

describe('GET /v1/threads/{thread_id}/events', () => {
  it('sends what happens to the thread, and ends after it was deleted', async () => {
    const [thread, other] = [await aThread(client), await aThread(client)];
    const stream = await EventStream.open(client, ofThread(thread.id));
    await aMessage(client, other.id);
    const message = await aMessage(client, thread.id);
    ok(await client.delete(`/v1/threads/${other.id}`));
    ok(await client.delete(`/v1/threads/${thread.id}`));

    await stream.ended;

    expect(stream.events.map(({ type, data }) => [type, data.id])).toEqual([
      ['thread.message.created', message.id],
      ['thread.deleted', thread.id],
    ]);
  });

  it('tells one who was away of the end, and then knows the thread no more', async () => {
    const thread = await aThread(client);
    const { last_id } = ok(await client.get('/v1/event_feed'));
    await aMessage(client, thread.id);
    ok(await client.delete(`/v1/threads/${thread.id}`));

    const stream = await EventStream.open(client, ofThread(thread.id), { 'last-event-id': last_id });
    await stream.ended;
    const again = await client.get(ofThread(thread.id), { 'last-event-id': stream.ids.at(-1)! });

    expect(stream.events.map(({ type }) => type)).toEqual(['thread.message.created', 'thread.deleted']);
    expect([again.status, again.body]).toEqual([404, noThread(thread.id)]);
  });

  it('ends with the thread also when only other types are asked for', async () => {
    const thread = await aThread(client);
    const stream = await EventStream.open(client, `${ofThread(thread.id)}?types[]=thread.updated`);
    ok(await client.post(`/v1/threads/${thread.id}`, { metadata: { a: '1' } }));
    await stream.until(1);

    ok(await client.delete(`/v1/threads/${thread.id}`));
    await stream.ended;

    expect(stream.events.map(({ type }) => type)).toEqual(['thread.updated']);
  });

  it('does not know a thread of another project', async () => {
    const { id } = await aThread(app.a);

    const answers = await Promise.all([client.get(ofThread(id)), client.get(ofThread('thread_unknown'))]);

    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [404, noThread(id)],
      [404, noThread('thread_unknown')],
    ]);
  });
});
