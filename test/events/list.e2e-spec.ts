import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOfNewProject, startApp, startServerOn, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok, refusal } from '../support/build.js';
import type { Answer, Client } from '../support/client.js';
import { allEvents, projectsWithFeeds } from '../support/event-stream.js';
import { until } from '../support/process.js';

let app: TestApp;
let client: Client;
let other: Client;
let pruned: Client;
let threadId: string;

const idAt = (position: number): string => `evt_${String(position).padStart(16, '0')}`;

beforeAll(async () => {
  app = await startApp();
  [client, other, pruned] = (await projectsWithFeeds(app, 3)) as [Client, Client, Client];
  threadId = (await aThread(client)).id;
  for (let i = 0; i < 6; i++) await aMessage(client, threadId);
  ok(await client.post(`/v1/threads/${threadId}`, { metadata: { a: '1' } }));
  ok(await client.delete(`/v1/threads/${threadId}`));
});

afterAll(() => app.close());

const idsIn = ({ body }: Answer): string[] => body.data.map(({ id }: { id: string }) => id);

describe('GET /v1/events', () => {
  it('lists what happened, oldest first, in the envelope of all lists', async () => {
    const answer = await client.get('/v1/events?limit=1');

    expect([answer.status, answer.body]).toEqual([
      200,
      {
        object: 'list',
        data: [
          {
            id: idAt(1),
            object: 'event',
            created_at: expect.any(Number),
            type: 'thread.created',
            data: { id: threadId, object: 'thread', version: 1 },
          },
        ],
        first_id: idAt(1),
        last_id: idAt(1),
        has_more: true,
      },
    ]);
  });

  it('goes on after an event, to the end', async () => {
    const first = await client.get('/v1/events?limit=4');
    const second = await client.get(`/v1/events?limit=4&after=${first.body.last_id}`);
    const third = await client.get(`/v1/events?limit=4&after=${second.body.last_id}`);

    expect([first, second, third].map((each) => [idsIn(each), each.body.has_more])).toEqual([
      [[1, 2, 3, 4].map(idAt), true],
      [[5, 6, 7, 8].map(idAt), true],
      [[9].map(idAt), false],
    ]);
    expect((await client.get(`/v1/events?after=${idAt(9)}`)).body).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });

  it.each([
    ['types[]=thread.updated', [8], false],
    ['types=thread.updated', [8], false],
    ['types[]=thread.created&types[]=thread.deleted', [1, 9], false],
    ['types[]=thread.message.created&limit=2&after=evt_0000000000000003', [4, 5], true],
    ['types[]=thread.message.deleted', [], false],
    ['types[]=thread.message.created&limit=6', [2, 3, 4, 5, 6, 7], false],
  ])('lists with %s only these', async (query, positions, hasMore) => {
    const answer = await client.get(`/v1/events?${query}`);

    expect([idsIn(answer), answer.body.has_more]).toEqual([positions.map(idAt), hasMore]);
  });

  // What breaks it: a search that stops where its window ends, and not where the feed does.
  it('finds rare types however many others are between', async () => {
    await app.database.query(
      `WITH feed AS (UPDATE event_feeds SET last_position = 25001
         WHERE project_id = (SELECT project_id FROM api_keys WHERE redacted LIKE '%' || $1) RETURNING project_id)
       INSERT INTO events SELECT project_id, n, CASE WHEN n % 25000 = 1 THEN 'thread.deleted' ELSE 'thread.updated' END,
         'thread_x', NULL, CASE WHEN n % 25000 = 1 THEN NULL ELSE n END, now() FROM feed, generate_series(1, 25001) AS n`,
      [other.key!.slice(-4)],
    );

    const answer = await other.get('/v1/events?types[]=thread.deleted');

    expect(idsIn(answer)).toEqual([idAt(1), idAt(25_001)]);
  });

  it('shows nothing of another project', async () => {
    expect(await allEvents(pruned)).toEqual([]);
  });

  it.each([
    [
      'limit=0',
      "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      'limit',
      'integer_below_min_value',
    ],
    ['after=42', "Invalid 'after': '42'. Expected an ID that begins with 'evt_'.", 'after', 'invalid_value'],
    [
      'types[]=thread.read',
      "Invalid value: 'thread.read'. Supported values are: 'thread.created', 'thread.updated', 'thread.deleted', " +
        "'thread.message.created', 'thread.message.updated', and 'thread.message.deleted'.",
      'types[0]',
      'invalid_value',
    ],
    [
      'types[a]=thread.created',
      "Invalid type for 'types': expected an array, but got an object instead.",
      'types',
      'invalid_type',
    ],
  ])('refuses %s', async (query, message, param, code) => {
    const answer = await client.get(`/v1/events?${query}`);

    expect([answer.status, answer.body]).toEqual([400, refusal(message, param, code)]);
  });

  it.each([idAt(10), 'evt_1', 'evt_9007199254740993', 'evt_000000000000000x'])(
    'does not know the event %s',
    async (id) => {
      const answer = await client.get(`/v1/events?after=${id}`);

      expect([answer.status, answer.body]).toEqual([404, refusal(`No event found with id '${id}'.`)]);
    },
  );

  it('says how to switch on a feed that is off', async () => {
    const closed = await clientOfNewProject(app.admin, 'Closed');

    const answer = await closed.get('/v1/events');

    expect([answer.status, answer.body]).toEqual([
      400,
      refusal(
        'The event feed of this project is off: its changes are not recorded. Switch it on by POST /v1/event_feed with ' +
          '{"enabled": true}.',
        null,
        'event_feed_off',
      ),
    ]);
  });
});

describe('events that are older than EVENTS_TTL', () => {
  // What breaks it: a page that begins with the oldest that is left, whatever was deleted before it.
  it('are deleted, and who has not read them is told so', async () => {
    const thread = await aThread(pruned);
    for (let i = 0; i < 4; i++) await aMessage(pruned, thread.id);
    await app.database.query(
      `UPDATE events SET created_at = now() - interval '73 hours' WHERE position <= 3 AND thread_id = $1`,
      [thread.id],
    );

    const server = await startServerOn(app.database);
    await until(async () => idsIn(await pruned.get('/v1/events'))[0] !== idAt(1));
    await server.close();

    expect(idsIn(await pruned.get('/v1/events'))).toEqual([4, 5].map(idAt));
    expect(idsIn(await pruned.get(`/v1/events?after=${idAt(3)}`))).toEqual([4, 5].map(idAt));
    for (const after of [1, 2].map(idAt)) {
      for (const path of ['/v1/events', '/v1/events/stream', `/v1/threads/${thread.id}/events`]) {
        const answer = await pruned.get(`${path}?after=${after}`);
        expect([answer.status, answer.body]).toEqual([410, expired('after', after)]);
      }
    }
    const returning = await pruned.get('/v1/events/stream', { 'last-event-id': idAt(1) });
    expect([returning.status, returning.body]).toEqual([410, expired('Last-Event-ID', idAt(1))]);
  });
});

const expired = (param: string, id: string): object =>
  refusal(
    `The events after '${id}' are not kept any more. List the events without 'after' for those that are, and read anew ` +
      'what you keep a copy of.',
    param,
    'events_expired',
  );
