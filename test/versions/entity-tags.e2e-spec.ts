import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok, refusal } from '../support/build.js';
import type { Answer } from '../support/client.js';

const METADATA = { metadata: { user: 'abc123' } };

const failed = refusal(
  "It has been changed since: its 'ETag' is not one that the 'If-Match' header names. Retrieve it again.",
  'If-Match',
  'precondition_failed',
);

const tagOf = ({ headers }: Answer): string | null => headers.get('etag');
const ifMatch = (tags: string): Record<string, string> => ({ 'if-match': tags });

interface Resource {
  readonly name: string;
  /** Makes one, and gives its path. */
  readonly make: () => Promise<string>;
  readonly missing: () => Promise<{ path: string; refusal: object }>;
}

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

const resources: readonly Resource[] = [
  {
    name: 'a thread',
    make: async () => `/v1/threads/${(await aThread(app.a)).id}`,
    missing: async () => ({ path: '/v1/threads/thread_none', refusal: noThread('thread_none') }),
  },
  {
    name: 'a message',
    make: async () => {
      const { id } = await aThread(app.a);
      return `/v1/threads/${id}/messages/${(await aMessage(app.a, id)).id}`;
    },
    missing: async () => {
      const { id } = await aThread(app.a);
      return { path: `/v1/threads/${id}/messages/msg_none`, refusal: noMessage('msg_none') };
    },
  },
];

describe.each(resources)('the ETag of $name', ({ make, missing }) => {
  // Broken by an UPDATE that leaves the version, or a statement that does not give it back.
  it('changes with each change, and is the same wherever it is shown', async () => {
    const path = await make();

    const first = await app.a.get(path);
    const modified = await app.a.post(path, METADATA);
    const second = await app.a.get(path);
    const patched = await app.a.patch(path, { metadata: null });

    expect([first, modified, second, patched].map(tagOf)).toEqual(['"1"', '"2"', '"2"', '"3"']);
    expect(tagOf(await app.a.get(path))).toBe('"3"');
  });

  it('is on no refusal', async () => {
    const { path } = await missing();

    expect(tagOf(await app.a.get(path))).toBeNull();
  });

  describe('with If-None-Match', () => {
    it.each(['"1"', 'W/"1"', '*', '"0", "1"', '"0",W/"1"', ' "1" '])('%s is 304 without a body', async (tags) => {
      const answer = await app.a.get(await make(), { 'if-none-match': tags });

      expect([answer.status, answer.body, tagOf(answer)]).toEqual([304, '', '"1"']);
      expect(answer.headers.get('content-type')).toBeNull();
    });

    it.each(['"2"', '"11"', '1', 'W/1', '"1', '""', ''])('%s is the whole answer', async (tags) => {
      const path = await make();

      expect((await app.a.get(path, { 'if-none-match': tags })).body).toEqual(ok(await app.a.get(path)));
    });

    it('is 200 again after a change', async () => {
      const path = await make();
      await app.a.post(path, METADATA);

      expect((await app.a.get(path, { 'if-none-match': '"1"' })).status).toBe(200);
    });

    it('is without meaning for a change', async () => {
      expect((await app.a.post(await make(), METADATA, { 'if-none-match': '*' })).status).toBe(200);
    });
  });

  describe('with If-Match', () => {
    const changes: [string, (path: string, headers: Record<string, string>) => Promise<Answer>][] = [
      ['POST', (path, headers) => app.a.post(path, METADATA, headers)],
      ['PATCH', (path, headers) => app.a.patch(path, METADATA, headers)],
      ['DELETE', (path, headers) => app.a.delete(path, headers)],
    ];

    describe.each(changes)('%s', (method, change) => {
      it.each(['"1"', '*', '"7", "1"', '"7","1",'])('%s is done', async (tags) => {
        expect((await change(await make(), ifMatch(tags))).status).toBe(200);
      });

      // Broken by a statement that does not compare the version: it is done all the same.
      it.each(['"2"', '"0"', '"01"', 'W/"1"', '"abc"', '""', '"99999999999999999999"'])(
        '%s is refused, and changes nothing',
        async (tags) => {
          const path = await make();
          const before = await app.a.get(path);

          const answer = await change(path, ifMatch(tags));

          expect([answer.status, answer.body]).toEqual([412, failed]);
          const after = await app.a.get(path);
          expect([after.body, tagOf(after)]).toEqual([before.body, tagOf(before)]);
        },
      );

      it.each(['1', '', '"1', '"1" "2"', '*, "1"', 'W/1', ', ,'])('%s is refused by its name', async (tags) => {
        const answer = await change(await make(), ifMatch(tags));

        expect([answer.status, answer.body]).toEqual([
          400,
          refusal("Invalid header 'If-Match': expected '*' or entity tags in quotes.", 'If-Match', 'invalid_header'),
        ]);
      });

      it('is 404 for what is not there', async () => {
        const { path, refusal: notFound } = await missing();

        for (const tags of ['"1"', '*']) {
          const answer = await change(path, ifMatch(tags));
          expect([answer.status, answer.body]).toEqual([404, notFound]);
        }
      });

      // Broken by a version that is read before it is written: several would come through.
      it(`lets one of many through who have seen the same, with ${method}`, async () => {
        const path = await make();

        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            method === 'DELETE'
              ? change(path, ifMatch('"1"'))
              : change(path, { ...ifMatch('"1"'), ...(i % 2 ? { 'idempotency-key': `${method}${path}${i}` } : {}) }),
          ),
        );

        const lost = method === 'DELETE' ? 404 : 412;
        expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([
          200,
          ...Array.from({ length: 19 }, () => lost),
        ]);
      });
    });
  });
});

describe('the ETag of a thread', () => {
  // Broken by an append that counts as a change: a writer of metadata would lose against each message.
  it('is left by messages that are added, changed and deleted', async () => {
    const { id } = await aThread(app.a);
    const message = await aMessage(app.a, id);
    await app.a.post(`/v1/threads/${id}/messages/${message.id}`, METADATA);
    await app.a.delete(`/v1/threads/${id}/messages/${message.id}`);

    expect(tagOf(await app.a.get(`/v1/threads/${id}`))).toBe('"1"');
  });

  it('comes with the answer that made it, which shows no version', async () => {
    const made = await app.a.post('/v1/threads', {});
    const added = await app.a.post(`/v1/threads/${made.body.id}/messages`, { role: 'user', content: 'Hi' });

    expect([tagOf(made), tagOf(added)]).toEqual(['"1"', '"1"']);
    expect(Object.keys(ok(made))).toEqual(['id', 'object', 'created_at', 'metadata', 'tool_resources']);
  });

  // Broken by keeping a 412: who retrieves the thread again and comes back with its new tag would get it for ever.
  it('is asked for again when its Idempotency-Key comes back with another If-Match', async () => {
    const { id } = await aThread(app.a);
    await app.a.post(`/v1/threads/${id}`, { metadata: { other: 'writer' } });
    const send = (tags: string): Promise<Answer> =>
      app.a.post(`/v1/threads/${id}`, METADATA, {
        'idempotency-key': `again ${id}`.replace(' ', '-'),
        ...ifMatch(tags),
      });

    expect((await send('"1"')).status).toBe(412);
    const second = await send('"2"');
    expect([second.status, tagOf(second)]).toEqual([200, '"3"']);
    const replay = await send('"2"');
    expect([replay.status, tagOf(replay), replay.headers.get('idempotent-replayed')]).toEqual([200, '"3"', 'true']);
    expect(replay.body).toEqual(second.body);
  });
});
