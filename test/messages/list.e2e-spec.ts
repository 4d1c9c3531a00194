import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok, refusal } from '../support/build.js';
import type { Answer } from '../support/client.js';

const inputs = (count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({ role: 'user', content: `message ${i + 1}` }));

const texts = (list: Answer['body']): string[] =>
  list.data.map((message: Answer['body']) => message.content[0].text.value);

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => `message ${from < to ? from + i : from - i}`);

describe('GET /v1/threads/{thread_id}/messages', () => {
  let app: TestApp;
  /** With 21 messages: one more than a page has when nothing is said. */
  let threadId: string;
  let path: string;

  beforeAll(async () => {
    app = await startApp();
    threadId = (await aThread(app.a, { messages: inputs(21) })).id;
    path = `/v1/threads/${threadId}/messages`;
  });

  afterAll(() => app.close());

  it('answers an empty thread with an empty list', async () => {
    const thread = await aThread(app.a);

    const answer = await app.a.get(`/v1/threads/${thread.id}/messages`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
  });

  it.each(['/v1', ''])('lists whole messages, newest first, under "%s"', async (prefix) => {
    const thread = await aThread(app.a);
    const first = await aMessage(app.a, thread.id, { metadata: { n: '1' } });
    const second = await aMessage(app.a, thread.id, {
      role: 'assistant',
      content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
      attachments: [{ file_id: 'file-a', tools: [{ type: 'file_search' }] }],
    });

    const answer = await app.a.get(`${prefix}/threads/${thread.id}/messages`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      object: 'list',
      data: [second, first],
      first_id: second.id,
      last_id: first.id,
      has_more: false,
    });
  });

  it('lists the 20 newest when nothing is said', async () => {
    const list = ok(await app.a.get(path));

    expect(texts(list)).toEqual(numbered(21, 2));
    expect(list).toMatchObject({ first_id: list.data[0].id, last_id: list.data[19].id, has_more: true });
  });

  it.each([
    ['limit=21', numbered(21, 1), false],
    ['limit=20', numbered(21, 2), true],
    ['limit=1', ['message 21'], true],
    ['order=desc', numbered(21, 2), true],
    ['order=asc', numbered(1, 20), true],
    ['order=asc&limit=21', numbered(1, 21), false],
    ['order=asc&limit=1', ['message 1'], true],
  ])('answers %s in the order of the thread', async (query, expected, hasMore) => {
    const list = ok(await app.a.get(`${path}?${query}`));

    expect(texts(list)).toEqual(expected);
    expect(list.has_more).toBe(hasMore);
    expect([list.first_id, list.last_id]).toEqual([list.data[0].id, list.data.at(-1).id]);
  });

  it('lists up to 100 at once', async () => {
    const thread = await aThread(app.a, { messages: inputs(32) });
    for (let i = 33; i <= 100; i++) {
      await aMessage(app.a, thread.id, { content: `message ${i}` });
    }
    const all = `/v1/threads/${thread.id}/messages?limit=100&order=asc`;

    const whole = ok(await app.a.get(all));
    await aMessage(app.a, thread.id, { content: 'message 101' });
    const part = ok(await app.a.get(all));

    expect([texts(whole), whole.has_more]).toEqual([numbered(1, 100), false]);
    expect([texts(part), part.has_more]).toEqual([numbered(1, 100), true]);
  });

  it('appends to the messages that a thread was made with', async () => {
    const thread = await aThread(app.a, { messages: inputs(3) });
    await aMessage(app.a, thread.id, { content: 'message 4' });

    expect(texts(ok(await app.a.get(`/v1/threads/${thread.id}/messages?order=asc`)))).toEqual(numbered(1, 4));
  });

  it('lists nothing for a run, since no run makes messages', async () => {
    const answer = await app.a.get(`${path}?run_id=run_abc123&limit=5`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
  });

  it('ignores unknown parameters', async () => {
    const query = 'page=3&metadata[user]=abc&metadata=x&offset=1&offset=2&__proto__=1&constructor[name]=1&&=';

    const answer = await app.a.get(`${path}?${query}&limit=2`);

    expect(texts(ok(answer))).toEqual(['message 21', 'message 20']);
  });

  it.each([
    ['limit=0', 'integer below minimum value. Expected a value >= 1, but got 0', 'integer_below_min_value'],
    ['limit=-1', 'integer below minimum value. Expected a value >= 1, but got -1', 'integer_below_min_value'],
    ['limit=101', 'integer above maximum value. Expected a value <= 100, but got 101', 'integer_above_max_value'],
    ['limit=1000', 'integer above maximum value. Expected a value <= 100, but got 1000', 'integer_above_max_value'],
    [
      'limit=9007199254740993',
      'integer above maximum value. Expected a value <= 100, but got 9007199254740993',
      'integer_above_max_value',
    ],
  ])('refuses %s', async (query, message, code) => {
    const answer = await app.a.get(`${path}?${query}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refusal(`Invalid 'limit': ${message} instead.`, 'limit', code));
  });

  it.each([
    ['limit=abc', 'limit', 'an integer', 'a string'],
    ['limit=1.5', 'limit', 'an integer', 'a string'],
    ['limit=1e1', 'limit', 'an integer', 'a string'],
    ['limit=%205', 'limit', 'an integer', 'a string'],
    ['limit=', 'limit', 'an integer', 'a string'],
    ['limit', 'limit', 'an integer', 'a string'],
    ['limit[]=1', 'limit', 'an integer', 'an object'],
    ['limit[max]=1', 'limit', 'an integer', 'an object'],
    ['order[]=asc', 'order', 'a string', 'an object'],
    ['after[id]=msg_abc123', 'after', 'a string', 'an object'],
    ['before[]=msg_abc123&before[]=msg_abc123', 'before', 'a string', 'an object'],
    ['run_id[0]=run_abc123', 'run_id', 'a string', 'an object'],
  ])('refuses %s', async (query, param, expected, got) => {
    const answer = await app.a.get(`${path}?${query}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid type for '${param}': expected ${expected}, but got ${got} instead.`, param, 'invalid_type'),
    );
  });

  it.each(['x', '', 'ASC', 'created_at'])('refuses the order %j', async (order) => {
    const answer = await app.a.get(`${path}?order=${order}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid value: '${order}'. Supported values are: 'asc' and 'desc'.`, 'order', 'invalid_value'),
    );
  });

  it.each([
    ['limit', 'limit=1&limit=2'],
    ['limit', 'limit=1&limit=1'],
    ['limit', 'limit=1&limit[]=2'],
    ['order', 'order=asc&order=desc&order=asc'],
    ['after', 'after=&after='],
    ['before', 'before=msg_a&limit=2&before=msg_b'],
    ['run_id', 'run_id=run_a&run_id=run_b'],
  ])('refuses %s when it is given more than once: %s', async (param, query) => {
    const answer = await app.a.get(`${path}?${query}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(
        `Duplicate parameter: '${param}'. You provided multiple values for this parameter, whereas only one is allowed.`,
        param,
        'duplicate_parameter',
      ),
    );
  });

  it.each(['after', 'before', 'run_id'])('refuses U+0000 in %s', async (param) => {
    const answer = await app.a.get(`${path}?${param}=msg_%00`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(
        `Invalid '${param}': the string contains the character U+0000, which cannot be stored.`,
        param,
        'invalid_string',
      ),
    );
  });

  it("hides another project's messages", async () => {
    const answer = await app.b.get(path);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(threadId));
  });

  it('says 404 for an unknown thread and for a deleted one, with a run and with a cursor too', async () => {
    const deleted = await aThread(app.a);
    const message = await aMessage(app.a, deleted.id);
    ok(await app.a.delete(`/v1/threads/${deleted.id}`));

    for (const id of ['thread_unknown', deleted.id]) {
      for (const query of ['', '?run_id=run_abc123', `?after=${message.id}`, '?before=msg_unknown']) {
        const answer = await app.a.get(`/v1/threads/${id}/messages${query}`);

        expect(answer.status).toBe(404);
        expect(answer.body).toEqual(noThread(id));
      }
    }
  });

  it.each(['undefined', '1234', 'msg_abc123'])('refuses the malformed thread id %s', async (id) => {
    const answer = await app.a.get(`/v1/threads/${id}/messages`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid 'thread_id': '${id}'. Expected an ID that begins with 'thread'.`, 'thread_id', 'invalid_value'),
    );
  });

  it.each(['undefined', 'thread_unknown'])('checks the query before the thread id %s', async (id) => {
    const answer = await app.a.get(`/v1/threads/${id}/messages?limit=0`);

    expect(answer.status).toBe(400);
    expect(answer.body.error.param).toBe('limit');
  });
});
