import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok, refusal } from '../support/build.js';
import type { Answer } from '../support/client.js';

const METADATA = { metadata: { user: 'abc123' } };
const NONE = 'thread_000000000000000000000000';

const pairs = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'value']));

describe('a request that is sent again with its Idempotency-Key', () => {
  let app: TestApp;
  let count = 0;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  const newKey = (): Record<string, string> => ({ 'idempotency-key': `key-${++count}` });

  const sendRaw = async (method: string, path: string, body: string, headers: Record<string, string>) => {
    const answer = await fetch(app.url + path, {
      method,
      body,
      headers: { authorization: `Bearer ${app.a.key}`, 'content-type': 'application/json', ...headers },
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };

  const threads = async (): Promise<number> =>
    Number((await app.database.query<{ count: string }>('SELECT count(*) FROM threads'))[0]!.count);

  interface Case {
    readonly name: string;
    /** What is asked for, of a thread and a message that are there. */
    readonly call: (threadId: string, messageId: string) => readonly [string, string, object];
  }

  const cases: readonly Case[] = [
    { name: 'creates a thread', call: () => ['POST', '/v1/threads', { ...METADATA, messages: [said('Hi')] }] },
    { name: 'modifies a thread', call: (id) => ['POST', `/v1/threads/${id}`, METADATA] },
    { name: 'patches a thread', call: (id) => ['PATCH', `/v1/threads/${id}`, METADATA] },
    { name: 'creates a message', call: (id) => ['POST', `/v1/threads/${id}/messages`, said('Ärger "quoted" 😀')] },
    { name: 'modifies a message', call: (id, msg) => ['POST', `/v1/threads/${id}/messages/${msg}`, METADATA] },
    { name: 'patches a message', call: (id, msg) => ['PATCH', `/v1/threads/${id}/messages/${msg}`, METADATA] },
  ];

  // Broken by answering a replay from anything but the stored text, and by a statement outside of the transaction.
  it.each(cases)('$name once, and gets the same bytes', async ({ call }) => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);
    const [method, path, body] = call(thread.id, message.id);
    const headers = newKey();

    const first = await sendRaw(method, path, JSON.stringify(body), headers);
    const state = [await threads(), ok(await app.a.get(`/v1/threads/${thread.id}/messages`))];
    const second = await sendRaw(method, path, JSON.stringify(body), headers);

    expect(first.status).toBe(200);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect([await threads(), ok(await app.a.get(`/v1/threads/${thread.id}/messages`))]).toEqual(state);
  });

  // Broken by a Coalescer or a repository that leaves out the transaction: nothing is kept together with the work.
  it.each(cases)('$name as without a key', async ({ call }) => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);
    const [method, path, body] = call(thread.id, message.id);

    const plain = await sendRaw(method, path, JSON.stringify(body), {});
    const keyed = await sendRaw(method, path, JSON.stringify(body), newKey());

    const shapeOf = ({ status, headers, text }: typeof plain): object => ({
      status,
      type: headers.get('content-type'),
      etag: headers.get('etag') !== null,
      fields: Object.keys(JSON.parse(text) as object),
    });
    expect(shapeOf(keyed)).toEqual(shapeOf(plain));
  });

  it('is the same under /v1 and without it, and with the key in quotes', async () => {
    const first = await app.a.post('/v1/threads', METADATA, { 'idempotency-key': 'in"or\\out' });
    const second = await app.a.post('/threads', METADATA, { 'idempotency-key': '"in\\"or\\\\out"' });

    expect(second.body).toEqual(ok(first));
    expect(second.headers.get('idempotent-replayed')).toBe('true');
  });

  it('gets the thread as it was made, though it was changed and deleted since', async () => {
    const headers = newKey();
    const thread = ok(await app.a.post('/v1/threads', {}, headers));
    await app.a.post(`/v1/threads/${thread.id}`, METADATA);
    await app.a.delete(`/v1/threads/${thread.id}`);

    expect(ok(await app.a.post('/v1/threads', {}, headers))).toEqual(thread);
  });

  it('writes a large thread once, with all of its messages', async () => {
    const content = Array.from({ length: 5 }, () => ({ type: 'text', text: 'x'.repeat(120_000) }));
    const body = { messages: [{ role: 'user', content }, { role: 'user', content }, said('Hi')] };
    const headers = newKey();

    const first = ok(await app.a.post('/v1/threads', body, headers));
    const second = ok(await app.a.post('/v1/threads', body, headers));

    expect(second).toEqual(first);
    expect(ok(await app.a.get(`/v1/threads/${first.id}/messages`)).data).toHaveLength(3);
  });

  describe('gets the same refusal, when that would not change', () => {
    // Broken by a transaction that is rolled back for every refusal: the second answer is a success.
    it('of a message for a thread that was not there', async () => {
      const headers = newKey();
      const path = `/v1/threads/${NONE}/messages`;

      const first = await app.a.post(path, said('Hi'), headers);
      await app.database.query(
        `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
         SELECT id, $1, now(), '{}', '{}', 0 FROM projects`,
        [NONE],
      );
      const second = await app.a.post(path, said('Hi'), headers);

      expect([first.status, first.body]).toEqual([404, noThread(NONE)]);
      expect([second.status, second.body]).toEqual([404, noThread(NONE)]);
      expect(second.headers.get('idempotent-replayed')).toBe('true');
    });

    it('of a message that was not there', async () => {
      const { id } = await aThread(app.a);
      const headers = newKey();
      const answers = [
        await app.a.patch(`/v1/threads/${id}/messages/msg_none`, METADATA, headers),
        await app.a.patch(`/v1/threads/${id}/messages/msg_none`, METADATA, headers),
      ];

      expect(answers.map(({ status, body }) => [status, body])).toEqual([
        [404, noMessage('msg_none')],
        [404, noMessage('msg_none')],
      ]);
      expect(replayed(answers)).toEqual([false, true]);
    });

    it('of metadata that became too large', async () => {
      const { id } = await aThread(app.a, { metadata: pairs(16) });
      const headers = newKey();
      const tooMany = refusal(
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
        'metadata',
        'object_above_max_properties',
      );

      const first = await app.a.post(`/v1/threads/${id}`, METADATA, headers);
      await app.a.patch(`/v1/threads/${id}`, { metadata: null });
      const second = await app.a.post(`/v1/threads/${id}`, METADATA, headers);

      expect([first.body, second.body]).toEqual([tooMany, tooMany]);
      expect(replayed([first, second])).toEqual([false, true]);
    });
  });

  // Broken by storing what is refused before the work begins: the key would be lost for the request that is put right.
  it('is a new one after a refusal of its form', async () => {
    const headers = newKey();

    expect((await app.a.post('/v1/threads', { colour: 'red' }, headers)).status).toBe(400);
    expect((await app.a.send('POST', '/v1/threads', { headers, body: '{' })).status).toBe(415);
    expect((await app.anonymous.post('/v1/threads', METADATA, headers)).status).toBe(401);
    expect(replayed([await app.a.post('/v1/threads', METADATA, headers)])).toEqual([false]);
  });

  // Broken by a key that is not looked up by its project.
  it('is another one for another project', async () => {
    const headers = newKey();
    const ofA = await app.a.post('/v1/threads', METADATA, headers);
    const ofB = await app.b.post('/v1/threads', { metadata: { user: 'of b' } }, headers);

    expect(replayed([ofA, ofB])).toEqual([false, false]);
    expect(ok(ofB).id).not.toBe(ok(ofA).id);
    expect((await app.a.get(`/v1/threads/${ofB.body.id}`)).status).toBe(404);
    expect((await app.b.post('/v1/threads', { metadata: { user: 'of b' } }, headers)).body).toEqual(ofB.body);
  });

  it('is carried out each time by GET and DELETE, which are safe to repeat without', async () => {
    const { id } = await aThread(app.a);
    const headers = newKey();

    expect((await app.a.get(`/v1/threads/${id}`, headers)).status).toBe(200);
    expect((await app.a.delete(`/v1/threads/${id}`, headers)).status).toBe(200);
    expect((await app.a.delete(`/v1/threads/${id}`, headers)).status).toBe(404);
  });
});

const said = (content: string): object => ({ role: 'user', content });

const replayed = (answers: readonly Answer[]): boolean[] =>
  answers.map(({ headers }) => headers.get('idempotent-replayed') === 'true');
