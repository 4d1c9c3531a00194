import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOfNewProject, startApp, startServerOn, type TestApp, type TestServer } from '../support/app.js';
import { aMessage, aThread, ok, refusal } from '../support/build.js';
import { Client } from '../support/client.js';
import { allEvents, openFeed } from '../support/event-stream.js';
import { endOfLog } from '../support/postgres-log.js';
import { loggedStatements } from '../support/sql-fence.js';

let app: TestApp;
let other: TestServer;
let logged: number;

beforeAll(async () => {
  logged = await endOfLog();
  app = await startApp();
  other = await startServerOn(app.database);
});

afterAll(async () => {
  await other.close();
  await app.close();
});

const feed = (enabled: boolean, last_id: string | null): object => ({ object: 'event_feed', enabled, last_id });

const FIRST = 'evt_0000000000000001';

/** What the servers have asked of this database, but for what they do of themselves. */
async function statements(): Promise<string[]> {
  const all = await loggedStatements(logged, app.database.name);
  return all.filter((sql) => !/pg_try_advisory_xact_lock|FROM api_keys/.test(sql));
}

describe('the event feed', () => {
  // What breaks it: the part that records, added to a statement for tenants without a feed.
  it('is off at first, and then no statement of a change knows of events', async () => {
    const client = await clientOfNewProject(app.admin, 'Off');

    expect((await client.get('/v1/event_feed')).body).toEqual(feed(false, null));
    const before = new Set(await statements());
    const thread = await aThread(client, { messages: [{ role: 'user', content: 'Hi' }] });
    const message = await aMessage(client, thread.id);
    const url = `/v1/threads/${thread.id}`;
    ok(await client.post(`${url}/messages/${message.id}`, { metadata: { a: '1' } }));
    ok(await client.delete(`${url}/messages/${message.id}`));
    ok(await client.post(url, { metadata: { a: '1' } }, { 'idempotency-key': 'of-the-feed' }));
    ok(await client.delete(url));

    const asked = (await statements()).filter((sql) => !before.has(sql));
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((sql) => /event|notify/i.test(sql))).toEqual([]);
    expect((await client.get('/v1/event_feed')).body).toEqual(feed(false, null));
  });

  // What breaks it: an answer that does not wait until other servers have forgotten who recorded nothing.
  it('records what any server does after the answer that it is on', async () => {
    const client = await clientOfNewProject(app.admin, 'On');
    const elsewhere = new Client(other.url, client.key);
    ok(await elsewhere.get('/v1/threads'));

    const [opened] = await Promise.all([client.post('/v1/event_feed', { enabled: true }), keepAsking(elsewhere)]);
    const thread = await aThread(elsewhere);

    expect(ok(opened)).toEqual(feed(true, null));
    expect((await allEvents(client)).map(({ data }) => data.id)).toEqual([thread.id]);
    expect((await client.get('/v1/event_feed')).body).toEqual(feed(true, FIRST));
  });

  it('answers at once when it is on already', async () => {
    const client = await clientOfNewProject(app.admin, 'On');
    await openFeed(client);
    const start = Date.now();

    expect(await openFeed(client)).toEqual(feed(true, null));
    expect(Date.now() - start).toBeLessThan(900);
  });

  // What breaks it: callers who are remembered, and record whatever the feed says.
  it('records nothing from the answer on that it is off, and goes on with its positions when it is on again', async () => {
    const client = await clientOfNewProject(app.admin, 'Off again');
    const elsewhere = new Client(other.url, client.key);
    await openFeed(client);
    await aThread(elsewhere);

    expect(ok(await client.post('/v1/event_feed', { enabled: false }))).toEqual(feed(false, FIRST));
    await Promise.all([aThread(elsewhere), aThread(client)]);
    expect((await client.get('/v1/event_feed')).body).toEqual(feed(false, FIRST));
    expect(await openFeed(client)).toEqual(feed(true, FIRST));
    const thread = await aThread(client);

    const events = await allEvents(client);
    expect(events.map(({ id }) => id)).toEqual([FIRST, 'evt_0000000000000002']);
    expect(events[1].data.id).toBe(thread.id);
  });

  it('is that of the caller’s project', async () => {
    const [one, two] = [await clientOfNewProject(app.admin, 'One'), await clientOfNewProject(app.admin, 'Two')];
    await openFeed(one);
    await Promise.all([aThread(one), aThread(two)]);

    expect(await allEvents(one)).toHaveLength(1);
    expect((await two.get('/v1/event_feed')).body).toEqual(feed(false, null));
  });

  it('can be switched off where it never was on', async () => {
    const client = await clientOfNewProject(app.admin, 'Never');

    expect(ok(await client.post('/v1/event_feed', { enabled: false }))).toEqual(feed(false, null));
  });

  it.each([
    [{}, "Missing required parameter: 'enabled'.", 'enabled', 'missing_required_parameter'],
    [
      { enabled: 'yes' },
      "Invalid type for 'enabled': expected a boolean, but got a string instead.",
      'enabled',
      'invalid_type',
    ],
  ])('refuses %j', async (body, message, param, code) => {
    const answer = await app.a.post('/v1/event_feed', body);

    expect([answer.status, answer.body]).toEqual([400, refusal(message, param, code)]);
  });
});

/** Keeps a caller remembered, until about a second has passed. */
async function keepAsking(client: Client): Promise<void> {
  for (const end = Date.now() + 800; Date.now() < end;) ok(await client.get('/v1/threads?limit=1'));
}
