import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok, refusal } from '../support/build.js';
import type { Answer } from '../support/client.js';

const headers = { 'content-type': 'application/json' };

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

const create = (body: string): Promise<Answer> => app.a.send('POST', '/v1/threads', { headers, body });

// Breaks when a parser is taken that keeps the first, as the README says that the last one counts.
describe('of a key that is sent twice the last one counts,', () => {
  it('in a new thread, at any depth', async () => {
    const thread = ok(
      await create(
        `{"metadata":{"a":"1"},"metadata":{"b":"1","b":"2"},
          "messages":[],"messages":[{"role":"user","role":"assistant","content":"Hi","content":[
            {"type":"image_url","type":"text","text":"first","text":"last"}]}]}`,
      ),
    );
    const { data } = ok(await app.a.get(`/v1/threads/${thread.id}/messages`));

    expect(thread.metadata).toEqual({ b: '2' });
    expect([data.length, data[0].role, data[0].content]).toEqual([
      1,
      'assistant',
      [{ type: 'text', text: { value: 'last', annotations: [] } }],
    ]);
  });

  it('in a message', async () => {
    const { id } = await aThread(app.a);
    const body =
      '{"role":"assistant","role":"user","content":"first","content":"last","metadata":{"__proto__":"1","__proto__":"2"}}';

    const message = ok(await app.a.send('POST', `/v1/threads/${id}/messages`, { headers, body }));

    expect([message.role, message.content[0].text.value]).toEqual(['user', 'last']);
    expect(Object.entries(message.metadata)).toEqual([['__proto__', '2']]);
  });

  it.each(['POST', 'PATCH'])('in a change: %s', async (method) => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);
    const body = '{"metadata":{"a":"1"},"metadata":{"b":"1","b":"2"}}';

    for (const url of [`/v1/threads/${thread.id}`, `/v1/threads/${thread.id}/messages/${message.id}`]) {
      ok(await app.a.send(method, url, { headers, body }));

      expect(ok(await app.a.get(url)).metadata).toEqual({ b: '2' });
    }
  });

  it('also when it is the worse one', async () => {
    const answer = await create('{"metadata":{"a":"1"},"metadata":7}');

    expect([answer.status, answer.body.error.param]).toEqual([400, 'metadata']);
  });
});

const SIZE = 'tool_resources.file_search.vector_stores[0].chunking_strategy.static.max_chunk_size_tokens';
const sized = (size: string): string =>
  `{"tool_resources":{"file_search":{"vector_stores":[{"chunking_strategy":{"type":"static","static":{"max_chunk_size_tokens":${size},"chunk_overlap_tokens":0}}}]}}}`;
const outside = (bound: string, size: string): object =>
  refusal(
    `Invalid '${SIZE}': integer ${bound}, but got ${size} instead.`,
    SIZE,
    bound.startsWith('above') ? 'integer_above_max_value' : 'integer_below_min_value',
  );
const notAnInteger = refusal(
  `Invalid type for '${SIZE}': expected an integer, but got a decimal instead.`,
  SIZE,
  'invalid_type',
);

describe('a number', () => {
  it.each([
    ['1e400', notAnInteger],
    ['-1e400', notAnInteger],
    ['100.5', notAnInteger],
    ['1e-400', outside('below minimum value. Expected a value >= 100', '0')],
    ['-0', outside('below minimum value. Expected a value >= 100', '0')],
    ['9007199254740993', outside('above maximum value. Expected a value <= 4096', '9007199254740992')],
  ])('is never taken for another: %s', async (size, expected) => {
    const answer = await create(sized(size));

    expect([answer.status, answer.body]).toEqual([400, expected]);
  });

  it.each([
    ['800.0', 800],
    ['8E2', 800],
    ['0.8e3', 800],
  ])('may be written in any way: %s', async (size, expected) => {
    const thread = ok(await create(sized(size)));
    const [store] = await app.database.query<{ size: number }>(
      `SELECT (chunking_strategy #>> '{static,max_chunk_size_tokens}')::float AS size FROM vector_stores WHERE id = $1`,
      [thread.tool_resources.file_search.vector_store_ids[0]],
    );

    expect(store).toEqual({ size: expected });
  });

  it.each(['0', '-0', '1.0', '1e400', '9007199254740993', '1E5', '0.1'])('is no text: %s', async (number) => {
    const answer = await create(`{"metadata":{"n":${number}}}`);

    expect([answer.status, answer.body.error.param, answer.body.error.code]).toEqual([
      400,
      'metadata.n',
      'invalid_type',
    ]);
  });
});

describe('JSON that is broad', () => {
  it.each([
    ['300,000 messages', `{"messages":[${'{},'.repeat(299_999)}{}]}`, null, 'too_many_values'],
    ['60,000 messages', `{"messages":[${'{},'.repeat(59_999)}{}]}`, 'messages', 'array_above_max_length'],
    [
      '100,000 pairs of metadata',
      `{"metadata":{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":""`).join()}}}`,
      'metadata',
      'object_above_max_properties',
    ],
    ['100,000 names', `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join()}}`, 'k0', 'unknown_parameter'],
    ['a name of 1 MiB', JSON.stringify({ ['k'.repeat(2 ** 20)]: 1 }), `${'k'.repeat(256)}…`, 'unknown_parameter'],
  ])('is refused by its first fault: %s', async (_, body, param, code) => {
    const answer = await create(body);

    expect([answer.status, answer.body.error.param, answer.body.error.code]).toEqual([400, param, code]);
    expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
  });
});

describe('the ways to write a text', () => {
  it('all come back as the same text', async () => {
    const thread = ok(await create(String.raw`{ "\u006detadata" :	{"\u0061":"\u0041\/\ud83d\ude00\t\"\\\u2028"} }`));

    expect(ok(await app.a.get(`/v1/threads/${thread.id}`)).metadata).toEqual({ a: 'A/😀\t"\\\u2028' });
  });
});
