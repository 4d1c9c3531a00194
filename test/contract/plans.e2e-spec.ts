import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { API_KEY, startServerOn, type TestServer } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { fill, FILLED, ROWS } from '../support/large-store.js';
import { Plans, type Scan } from '../support/plans.js';

/** A page is 20. A list by two pairs looks at the next 500 threads of each, to see which of them is rare. */
const FEW = 60;
const LOOKED_AT = 1_000;

/** How often a statement is planned for its values before PostgreSQL thinks of one plan for all, unless told: five times. */
const UNTIL_GENERIC = 7;

/** Longer than a server remembers a caller. */
const FORGETTING_MS = 1_000;

/** So many ask for the same at once, each of something else: of these some share a statement. */
const COMPANY = 12;

/** How a statement for many takes its rows. */
const FOR_MANY = /json_to_recordset\(\$\d+::json\)/;

/** What is asked for: a thread, and a message of a conversation. */
interface Target {
  readonly thread: string;
  readonly conversation: string;
  readonly message: string;
}

type Call = (client: Client, target: Target) => Promise<unknown>;

const list =
  (query: string): Call =>
  async (client) =>
    ok(await client.get(`/v1/threads${query}`));

const page =
  (query: (message: string) => string): Call =>
  async (client, { conversation, message }) =>
    ok(await client.get(`/v1/threads/${conversation}/messages${query(message)}`));

/** Answered by 404. */
const refused =
  (call: (client: Client, target: Target) => Promise<{ readonly status: number }>): Call =>
  async (client, target) =>
    expect((await call(client, target)).status).toBe(404);

const noThread = ({ thread }: Target): string => `/v1/threads/${thread}none`;

/** What is done, which table it has to be seen to read, how many rows a scan may touch, and what is made to do it to. */
type Operation = readonly [string, string, number, Call, ((client: Client, target: Target) => Promise<Target>)?];

/** What shares statements. */
const SHARING: readonly Operation[] = [
  ['get a thread', 'threads', FEW, async (client, { thread }) => ok(await client.get(`/v1/threads/${thread}`))],
  [
    'create a thread',
    'projects',
    FEW,
    async (client) =>
      aThread(client, {
        messages: [{ role: 'user', content: 'Hello' }],
        metadata: { user: 'user-new' },
        tool_resources: { file_search: { vector_stores: [{ file_ids: ['file-1'] }] } },
      }),
  ],
  [
    'modify a thread',
    'threads',
    FEW,
    async (client, { thread }) => ok(await client.post(`/v1/threads/${thread}`, { metadata: { seen: 'yes' } })),
  ],
  [
    'delete a thread',
    'messages',
    FEW,
    async (client, { thread }) => ok(await client.delete(`/v1/threads/${thread}`)),
    async (client, target) => {
      const { id } = await aThread(client, { messages: [{ role: 'user', content: 'Hello' }] });
      return { ...target, thread: id };
    },
  ],
  ['append a message', 'threads', FEW, async (client, { thread }) => aMessage(client, thread)],
  [
    'get a message',
    'messages',
    FEW,
    async (client, { conversation, message }) =>
      ok(await client.get(`/v1/threads/${conversation}/messages/${message}`)),
  ],
  [
    'modify a message',
    'messages',
    FEW,
    async (client, { conversation, message }) =>
      ok(await client.post(`/v1/threads/${conversation}/messages/${message}`, { metadata: { seen: 'yes' } })),
  ],
  [
    'delete a message',
    'messages',
    FEW,
    async (client, { thread, message }) => ok(await client.delete(`/v1/threads/${thread}/messages/${message}`)),
    async (client, target) => ({ ...target, message: (await aMessage(client, target.thread)).id }),
  ],
  [
    'append where there is no thread',
    'threads',
    FEW,
    refused((client, target) => client.post(`${noThread(target)}/messages`, { role: 'user', content: 'Hello' })),
  ],
  [
    'modify no thread',
    'threads',
    FEW,
    refused((client, target) => client.post(noThread(target), { metadata: { seen: 'yes' } })),
  ],
  ['delete no thread', 'threads', FEW, refused((client, target) => client.delete(noThread(target)))],
  [
    'modify no message',
    'messages',
    FEW,
    refused((client, { thread }) => client.post(`/v1/threads/${thread}/messages/msg_none`, { metadata: {} })),
  ],
  [
    'delete no message',
    'messages',
    FEW,
    refused((client, { thread }) => client.delete(`/v1/threads/${thread}/messages/msg_none`)),
  ],
  ['the newest messages', 'messages', FEW, page(() => '')],
  ['the oldest messages', 'messages', FEW, page(() => '?order=asc')],
  ['messages after one', 'messages', FEW, page((message) => `?order=asc&after=${message}`)],
  ['messages before one', 'message_tombstones', FEW, page((message) => `?before=${message}`)],
  ['messages of no thread', 'threads', FEW, refused((client, target) => client.get(`${noThread(target)}/messages`))],
  [
    'messages of an empty thread',
    'threads',
    FEW,
    async (client, { thread }) => ok(await client.get(`/v1/threads/${thread}/messages`)),
    async (client, target) => ({ ...target, thread: (await aThread(client)).id }),
  ],
  ['list threads', 'threads', FEW, list('')],
  ['list threads in a time', 'threads', FEW, list('?created_after=1&order=asc')],
  [
    'list threads after one',
    'thread_tombstones',
    FEW,
    async (client, { thread }) => ok(await client.get(`/v1/threads?after=${thread}`)),
  ],
  ['list by what many have', 'thread_pairs', FEW, list('?metadata[plan]=pro')],
  ['list by what few have', 'thread_pairs', FEW, list('?metadata[user]=user-7')],
  ['list by what some have, and most of the older', 'thread_pairs', FEW, list('?metadata[solved]=yes')],
  ['list by what only the oldest have', 'thread_pairs', FEW, list('?metadata[archived]=yes')],
  ['list by what none has', 'thread_pairs', FEW, list('?metadata[user]=nobody')],
  ['list by what some have, in a time', 'thread_pairs', FEW, list('?metadata[solved]=yes&created_after=1&order=asc')],
];

/** What shares no statement. */
const OTHERS: readonly Operation[] = [
  [
    'the look-up of a key',
    'api_keys',
    FEW,
    async (client) => {
      await setTimeout(FORGETTING_MS);
      await client.get('/v1/threads/thread_none');
    },
  ],
  ['list by what few of many have', 'thread_pairs', LOOKED_AT, list('?metadata[user]=user-8&metadata[plan]=pro')],
  ['list by what many have both of', 'thread_pairs', LOOKED_AT, list('?metadata[plan]=free&metadata[solved]=yes')],
  ['list by what the oldest of many have', 'thread_pairs', LOOKED_AT, list('?metadata[plan]=pro&metadata[closed]=yes')],
  [
    'a retry with an Idempotency-Key',
    'idempotency_keys',
    FEW,
    async (client, { thread }) => {
      const key = { 'idempotency-key': String(Math.random()) };
      for (let i = 0; i < 2; i++) ok(await client.post(`/v1/threads/${thread}`, { metadata: { seen: 'yes' } }, key));
    },
  ],
  ['get a vector store', 'vector_stores', FEW, async (client) => client.get('/v1/vector_stores/vs_1')],
];

const targetOf = (i: number): Target => ({
  thread: `thread_${1 + i}`,
  conversation: 'thread_1',
  message: `msg_${ROWS / 2 + i}`,
});

const asItIs = (_: Client, target: Target): Promise<Target> => Promise.resolve(target);

const isTooMuch =
  (most: number) =>
  ({ how, of, rows }: Scan): boolean =>
    rows > most || (how === 'Seq Scan' && FILLED.includes(of));

// What breaks it: an index that is dropped or that a statement cannot use, as one without project_id in its WHERE, an
// OFFSET in the place of a cursor, a filter that walks through the list of a project, or a NOT EXISTS where `settled` asks
// for a value.
describe.each(['full from the start', 'filled after all statements were planned'])('in a store that is %s', (state) => {
  let database: TestDatabase;
  let server: TestServer;
  let client: Client;
  let plans: Plans;

  beforeAll(async () => {
    database = await createDatabase();
    plans = await Plans.watch(database);
    // One connection, so that all is prepared in the one that is asked later.
    server = await startServerOn(database, { DATABASE_POOL_SIZE: '1', RATE_LIMIT: '1000000' });
    client = new Client(server.url, API_KEY);
    if (state !== 'full from the start') await askEverything();
    await fill(database);
  });

  const askEverything = async (): Promise<void> => {
    const targets: Target[] = [];
    for (let i = 0; i < COMPANY; i++) {
      const { id: thread } = await aThread(client);
      const conversation = targets[0]?.thread ?? thread;
      targets.push({ thread, conversation, message: (await aMessage(client, conversation)).id });
    }
    for (const [name, , , call, prepare = asItIs] of [...SHARING, ...OTHERS]) {
      const times = name === 'the look-up of a key' ? 1 : UNTIL_GENERIC;
      for (let i = 0; i < times; i++) await call(client, await prepare(client, targets[0]!));
    }
    for (const [, , , call, prepare = asItIs] of SHARING) {
      const company = await Promise.all(targets.map((target) => prepare(client, target)));
      await Promise.all(company.map((each) => call(client, each)));
    }
  };

  afterAll(async () => {
    await server.close();
    await database.drop();
  });

  it.each([...SHARING, ...OTHERS])(
    '%s reads %s by an index, at most %i rows',
    async (_, table, most, call, prepare = asItIs) => {
      const target = await prepare(client, targetOf(0));
      const done = await plans.during(() => call(client, target));

      const scans = done.flatMap((each) => each.scans);
      expect(scans.filter(isTooMuch(most))).toEqual([]);
      expect(scans.map(({ of }) => of)).toContain(table);
    },
  );

  it.each(SHARING)(
    '%s reads %s by an index, at most %i rows for each who shares it',
    async (_, table, most, call, prepare = asItIs) => {
      const company = await Promise.all(Array.from({ length: COMPANY }, (__, i) => prepare(client, targetOf(i))));
      const done = await plans.during(() => Promise.all(company.map((each) => call(client, each))));

      const scans = done.flatMap((each) => each.scans);
      expect(scans.filter(isTooMuch(most * COMPANY))).toEqual([]);
      expect(scans.map(({ of }) => of)).toContain(table);
      expect(done.filter(({ sql }) => FOR_MANY.test(sql))).not.toEqual([]);
    },
  );
});
