import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { startApp, startServerOn, type TestApp, type TestServer } from '../support/app.js';
import { aThread, ok } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { allEvents, EventStream, projectsWithFeeds } from '../support/event-stream.js';

const WRITERS = 64;
const WRITES = 4;

const ROUNDS = 6;
const AT_ONCE = 6;

let app: TestApp;
let other: TestServer;
let projects: Client[];

beforeAll(async () => {
  app = await startApp();
  other = await startServerOn(app.database);
  projects = await projectsWithFeeds(app, 4);
});

afterAll(async () => {
  await other.close();
  await app.close();
});

const idsUpTo = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `evt_${String(i + 1).padStart(16, '0')}`);

/** The same project, on the other server. */
const elsewhere = (client: Client): Client => new Client(other.url, client.key);

/** As the SDKs do: what was refused because the server has too much to do was not carried out, and is sent again. */
async function patiently(send: () => Promise<Answer>): Promise<Answer['body']> {
  for (;;) {
    const answer = await send();
    if (answer.body.error?.code !== 'service_unavailable') return ok(answer);
  }
}

/** All kinds of changes, by one writer of each of many: of the thread, and of threads that only he knows. */
async function write(client: Client, threadId: string): Promise<string[]> {
  const done: string[] = [];
  const post = (path: string, body: object): Promise<Answer['body']> =>
    patiently(() => client.post(`/v1/threads${path}`, body));
  for (let i = 0; i < WRITES; i++) {
    const metadata = { a: String(i) };
    const message = await post(`/${threadId}/messages`, { role: 'user', content: 'Hi' });
    const own = await post('', { messages: [{ role: 'user', content: 'Hi' }] });
    await post(`/${own.id}`, { metadata });
    await post(`/${threadId}/messages/${message.id}`, { metadata });
    await patiently(() => client.delete(`/v1/threads/${own.id}`));
    done.push(
      `created ${message.id}`,
      `created ${own.id}`,
      `updated ${own.id}`,
      `updated ${message.id}`,
      `deleted ${own.id}`,
    );
  }
  return done;
}

const shown = ({ type, data }: { type: string; data: { id: string } }): string =>
  `${type.split('.').at(-1)} ${data.id}`;

describe('the order of events', () => {
  // What breaks it: positions from a sequence, or from a statement of its own. Then one is committed after a later one,
  // and whoever read that far does not see it.
  it('has no gaps, and who follows it skips nothing, while 64 write through two servers', async () => {
    const [client] = projects as [Client];
    const { id } = await aThread(client);
    const stream = await EventStream.open(client, `/v1/events/stream?after=${(await allEvents(client)).at(-1).id}`);
    let cursor = 'evt_0000000000000001';
    const polled: string[] = [];
    let isWriting = true;
    const poll = async (): Promise<void> => {
      for (let isLast = false; !isLast;) {
        isLast = !isWriting;
        const events = await allEvents(elsewhere(client), cursor);
        polled.push(...events.map((event) => event.id));
        cursor = events.at(-1)?.id ?? cursor;
        await setTimeout(1);
      }
    };
    const polling = poll();

    const written = await Promise.all(
      Array.from({ length: WRITERS }, (_, i) => write(i % 2 ? client : elsewhere(client), id)),
    );
    isWriting = false;
    await polling;

    const events = await allEvents(client);
    const expected = idsUpTo(events.length);
    expect(events.map((event) => event.id)).toEqual(expected);
    // A thread with one message is two events.
    expect(events).toHaveLength(1 + WRITERS * WRITES * 6);
    expect(polled).toEqual(expected.slice(1));
    await stream.until(expected.length - 1);
    stream.close();
    expect(stream.ids).toEqual(expected.slice(1));
    const order = events.map(shown);
    for (const own of written) expect(order.filter((each) => own.includes(each))).toEqual(own);
  });

  // What breaks it: feeds that are locked in the order of the requests, or before the threads and messages.
  it('is that of each project, when many write at once, change the same and delete it, and nobody waits for ever', async () => {
    const [, a, b, c] = projects as [Client, Client, Client, Client];
    const callers = [a, b, c, elsewhere(a), elsewhere(b), elsewhere(c)];
    const threads = await Promise.all([a, b, c].map((client) => aThread(client)));
    const answers: Answer[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const isLast = round === ROUNDS - 1;
      const ofRound = await Promise.all(
        callers.flatMap((client, i) =>
          Array.from({ length: AT_ONCE }, async (_, nth) => {
            const url = `/v1/threads/${threads[i % 3]!.id}`;
            const message = await client.post(`${url}/messages`, { role: 'user', content: 'Hi' });
            const ofMessage = `${url}/messages/${message.body.id ?? 'msg_none'}`;
            return [
              message,
              ...(await Promise.all([
                client.post(ofMessage, { metadata: { round: String(round) } }),
                client.post(url, { metadata: { [`caller${i}`]: String(round) } }),
                nth % 2 ? client.post('/v1/threads', {}) : client.delete(ofMessage),
                ...(isLast && nth === 1 ? [client.delete(url)] : []),
              ])),
            ];
          }),
        ),
      );
      answers.push(...ofRound.flat());
    }

    // Who comes after the thread was deleted finds none, and there may be too much to do at once.
    const allowed = [200, 404, 503];
    expect(answers.map(({ status }) => status).filter((status) => !allowed.includes(status))).toEqual([]);
    for (const client of [a, b, c]) {
      const events = await allEvents(client);
      expect(events.map((event) => event.id)).toEqual(idsUpTo(events.length));
    }
    const [{ count }] = (await app.database.query<{ count: string }>(
      'SELECT sum(deadlocks) AS count FROM pg_stat_database WHERE datname = current_database()',
    )) as [{ count: string }];
    expect(count).toBe('0');
  });
});
