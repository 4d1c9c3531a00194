import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok } from '../support/build.js';
import type { Answer, Client } from '../support/client.js';
import { append, HeldPostgres, times } from './held-postgres.js';

const threadOf = (client: Client, id: string): Promise<Answer> => client.get(`/v1/threads/${id}`);

const resultOf = (isOwn: boolean, thread: Answer['body']): unknown[] =>
  isOwn ? [200, thread] : [404, noThread(thread.id)];

/** Makes threads, and says what to ask for in lists of them, and what the answer holds. */
async function somePages(client: Client): Promise<(readonly [Client, string, Answer['body'][]])[]> {
  await Promise.all(times(12, (i) => aThread(client, { metadata: { number: String(i) } })));
  const newest = ok(await client.get('/v1/threads')).data;
  return newest.flatMap((thread: Answer['body'], i: number) => [
    [client, `limit=${i + 1}`, newest.slice(0, i + 1)],
    [client, `limit=${i + 1}&order=asc`, newest.toReversed().slice(0, i + 1)],
    [client, `limit=3&after=${thread.id}`, newest.slice(i + 1, i + 4)],
    [client, `limit=3&before=${thread.id}`, newest.slice(Math.max(0, i - 3), i)],
    [client, `metadata[number]=${thread.metadata.number}`, [thread]],
    [client, `metadata[number]=${thread.metadata.number}&order=asc`, [thread]],
  ]);
}

describe('requests of several tenants that share a statement', () => {
  let app: TestApp;
  let postgres: HeldPostgres;

  beforeEach(async () => {
    app = await startApp();
    postgres = new HeldPostgres(app.database);
  });

  afterEach(() => app.close());

  // Breaks: to find the row of an item by its id alone, or results that are out of order.
  it('of two tenants see and change what is their own', async () => {
    const [own, foreign] = await Promise.all([
      Promise.all(times(30, (i) => aThread(app.a, { metadata: { owner: 'a', number: String(i) } }))),
      Promise.all(times(30, (i) => aThread(app.b, { metadata: { owner: 'b', number: String(i) } }))),
    ]);
    const both = own.flatMap((thread, i) => [thread, foreign[i]!]);
    for (const read of [
      threadOf,
      (client: Client, id: string) => client.post(`/v1/threads/${id}`, { metadata: {} }),
      (client: Client, id: string) => client.patch(`/v1/threads/${id}`, {}),
    ]) {
      const asked = both.flatMap((thread) => [app.a, app.b].map((client) => ({ client, thread })));
      const answers = await postgres.meeting(() => asked.map(({ client, thread }) => read(client, thread.id)));
      expect(answers.map(({ status, body }) => [status, body])).toEqual(
        asked.map(({ client, thread }) => resultOf((client === app.a) === (thread.metadata.owner === 'a'), thread)),
      );
    }

    const appended = await postgres.meeting(() => both.map(({ id }) => append(app.a, id, `for ${id}`)));
    expect(appended.map(({ status, body }) => (status === 200 ? body.thread_id : body))).toEqual(
      both.map(({ id, metadata }) => (metadata.owner === 'a' ? id : noThread(id))),
    );
    const deleted = await postgres.meeting(() => both.map(({ id }) => app.b.delete(`/v1/threads/${id}`)));
    expect(deleted.map(({ status }) => status)).toEqual(
      both.map(({ metadata }) => (metadata.owner === 'b' ? 200 : 404)),
    );
    expect(await Promise.all(own.map(({ id }) => threadOf(app.a, id)).map(async (answer) => ok(await answer)))).toEqual(
      own,
    );
  });

  // Breaks: to find the list of an item without its project, one length for all pages, or pages that are out of order.
  it('get the pages of threads that each asked for', async () => {
    const [own, foreign] = await Promise.all([app.a, app.b].map(somePages));
    const asked = own!.flatMap((each, i) => [each, foreign![i]!]);

    const pages = await postgres.meeting(() => asked.map(([client, query]) => client.get(`/v1/threads?${query}`)));

    expect(pages.map((page) => ok(page).data)).toEqual(asked.map(([, , threads]) => threads));
  });

  // Breaks: to find a cursor without its project or thread, or a page of a thread that is not there.
  it('get the messages after one of their own', async () => {
    const threads = await Promise.all(
      [app.a, app.b].flatMap((owner) =>
        times(6, async () => {
          const { id } = await aThread(owner);
          const [first, ...rest] = [await aMessage(owner, id), await aMessage(owner, id), await aMessage(owner, id)];
          return { owner, id, first, rest };
        }),
      ),
    );
    const asked = threads.flatMap((thread) =>
      [app.a, app.b].flatMap((client) => [
        { ...thread, client, query: `?order=asc&after=${thread.first.id}` },
        { ...thread, client, query: `?order=asc&limit=2`, rest: [thread.first, thread.rest[0]] },
      ]),
    );

    const pages = await postgres.meeting(() =>
      asked.map(({ client, id, query }) => client.get(`/v1/threads/${id}/messages${query}`)),
    );

    expect(pages.map(({ status, body }) => (status === 200 ? body.data : body))).toEqual(
      asked.map(({ client, owner, id, rest }) => (client === owner ? rest : noThread(id))),
    );
  });
});
