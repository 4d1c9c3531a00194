import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';

/** About 3 MB, below the limit of a message. */
const LARGE = Array.from({ length: 12 }, () => ({ type: 'text', text: 'x'.repeat(250_000) }));

// Breaks: a page that is bounded by its number of messages alone, which may be 390 MB.
describe('GET /v1/threads/{thread_id}/messages, when they are large,', () => {
  let app: TestApp;
  let path: string;
  const ids: string[] = [];

  beforeAll(async () => {
    app = await startApp();
    const thread = await aThread(app.a);
    path = `/v1/threads/${thread.id}/messages`;
    while (ids.length < 4) ids.push((await aMessage(app.a, thread.id, { content: LARGE })).id);
  });

  afterAll(() => app.close());

  const idsOf = async (query: string): Promise<[string[], boolean]> => {
    const { data, has_more } = ok(await app.a.get(`${path}?${query}`));
    return [data.map(({ id }: { id: string }) => id), has_more];
  };

  it('ends a page with the message that reaches 8 MiB, and says that there are more', async () => {
    expect(await idsOf('order=asc')).toEqual([ids.slice(0, 3), true]);
    expect(await idsOf(`order=asc&after=${ids[2]}`)).toEqual([ids.slice(3), false]);
    expect(await idsOf('order=desc')).toEqual([ids.slice(1).toReversed(), true]);
    expect(await idsOf(`order=asc&before=${ids[3]}`)).toEqual([ids.slice(0, 3), false]);
  });

  it('gives as many as were asked for below that', async () => {
    expect(await idsOf('order=asc&limit=2')).toEqual([ids.slice(0, 2), true]);
    expect(await idsOf(`order=asc&limit=1&after=${ids[2]}`)).toEqual([ids.slice(3), false]);
  });
});
