import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok, refusal } from '../support/build.js';

const pairs = (prefix: string, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, `value ${i}`]));

const tooManyPairs = (count: number): object =>
  refusal(
    `Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with ${count} properties instead.`,
    'metadata',
    'object_above_max_properties',
  );

const invalidType = (param: string, expected: string, got: string): object =>
  refusal(`Invalid type for '${param}': expected ${expected}, but got ${got} instead.`, param, 'invalid_type');

const unknown = (param: string): object => refusal(`Unknown parameter: '${param}'.`, param, 'unknown_parameter');

const unstorable = (param: string, what: string): object =>
  refusal(`Invalid '${param}': the string contains ${what}, which cannot be stored.`, param, 'invalid_string');

const listTooLong = (param: string, max: number): object =>
  refusal(
    `Invalid '${param}': array too long. Expected an array with maximum length ${max}, but got an array with length ${max + 1} instead.`,
    param,
    'array_above_max_length',
  );

const tools = (tool_resources: object): string => JSON.stringify({ tool_resources });

const JSON_HEADERS = { 'content-type': 'application/json' };

describe('POST /v1/threads/{thread_id}', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it.each(['/v1/threads', '/threads'])('merges metadata, under %s', async (path) => {
    const thread = await aThread(app.a, { metadata: { kept: 'as it was', changed: 'old' } });

    const answer = await app.a.post(`${path}/${thread.id}`, { metadata: { changed: 'new', added: '😀' } });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...thread, metadata: { kept: 'as it was', changed: 'new', added: '😀' } });
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(answer.body);
  });

  it('keeps an empty string as a value', async () => {
    const thread = await aThread(app.a, { metadata: { user: 'abc', topic: 'x' } });

    const answer = await app.a.post(`/v1/threads/${thread.id}`, { metadata: { topic: '' } });

    expect(answer.body).toEqual({ ...thread, metadata: { user: 'abc', topic: '' } });
  });

  it('merges names that objects inherit', async () => {
    const { id } = await aThread(app.a, { metadata: { toString: 'a' } });

    const { body } = await app.a.post(
      `/v1/threads/${id}`,
      JSON.parse('{"metadata":{"__proto__":"b","constructor":"c"}}'),
    );

    expect(new Map(Object.entries(body.metadata))).toEqual(
      new Map([
        ['toString', 'a'],
        ['__proto__', 'b'],
        ['constructor', 'c'],
      ]),
    );
  });

  it.each([
    ['no body at all', {}],
    ['an empty body, announced as JSON', { headers: JSON_HEADERS, body: '' }],
    ['{}', { headers: JSON_HEADERS, body: '{}' }],
    ['null for metadata', { headers: JSON_HEADERS, body: '{"metadata":null}' }],
    ['empty metadata', { headers: JSON_HEADERS, body: '{"metadata":{}}' }],
    ['null for tool_resources', { headers: JSON_HEADERS, body: '{"tool_resources":null}' }],
    ['empty tool_resources', { headers: JSON_HEADERS, body: '{"tool_resources":{}}' }],
  ])('changes nothing with %s', async (_, request) => {
    const thread = await aThread(app.a, {
      metadata: { user: 'abc' },
      tool_resources: { code_interpreter: { file_ids: ['file-1'] }, file_search: { vector_store_ids: ['vs_1'] } },
    });

    const answer = await app.a.send('POST', `/v1/threads/${thread.id}`, request);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(thread);
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it.each([
    ['a list of files', { code_interpreter: { file_ids: ['file-3'] } }],
    ['an empty list of files', { code_interpreter: { file_ids: [] } }],
    ['a vector store', { file_search: { vector_store_ids: ['vs_2'] } }],
    ['an empty list of vector stores', { file_search: { vector_store_ids: [] } }],
    ['both', { code_interpreter: { file_ids: ['file-3'] }, file_search: { vector_store_ids: ['vs_2'] } }],
  ])('replaces, of the tools, those that are sent: %s', async (_, tool_resources) => {
    const thread = await aThread(app.a, {
      metadata: { user: 'abc' },
      tool_resources: {
        code_interpreter: { file_ids: ['file-1', 'file-2'] },
        file_search: { vector_store_ids: ['vs_1'] },
      },
    });

    const answer = await app.a.post(`/v1/threads/${thread.id}`, { tool_resources });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...thread, tool_resources: { ...thread.tool_resources, ...tool_resources } });
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(answer.body);
  });

  it('leaves the messages and the other threads as they are', async () => {
    const { id } = await aThread(app.a);
    const other = await aThread(app.a, { metadata: { user: 'abc' } });
    const message = await aMessage(app.a, id, { metadata: { n: '1' } });

    ok(await app.a.post(`/v1/threads/${id}`, { metadata: { n: '2' } }));

    expect((await app.a.get(`/v1/threads/${id}/messages/${message.id}`)).body).toEqual(message);
    expect((await app.a.get(`/v1/threads/${other.id}`)).body).toEqual(other);
  });

  describe('holds the limit of 16 pairs on the merged result', () => {
    it('takes the sixteenth pair, and new values of all sixteen', async () => {
      const { id } = await aThread(app.a, { metadata: pairs('a', 15) });
      ok(await app.a.post(`/v1/threads/${id}`, { metadata: { last: 'one' } }));
      const replacement = Object.fromEntries([...Object.keys(pairs('a', 15)), 'last'].map((key) => [key, 'new']));

      const answer = await app.a.post(`/v1/threads/${id}`, { metadata: replacement });

      expect(answer.status).toBe(200);
      expect(answer.body.metadata).toEqual(replacement);
    });

    it.each([
      ['one more than 16', 16, { new: 'x' }, 17],
      ['old and new ones that are too many together', 10, { ...pairs('b', 6), ...pairs('a', 2), new: 'x' }, 17],
      ['16 beside 16', 16, pairs('b', 16), 32],
      ['17 in the request', 0, pairs('b', 17), 17],
    ])('refuses %s and changes nothing', async (_, before, metadata, count) => {
      const thread = await aThread(app.a, { metadata: pairs('a', before) });

      const answer = await app.a.post(`/v1/threads/${thread.id}`, {
        metadata,
        tool_resources: { code_interpreter: { file_ids: ['file-1'] } },
      });

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(tooManyPairs(count));
      expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    });
  });

  describe('at the same time', () => {
    it('loses nothing of 16 merges of different keys', async () => {
      const { id } = await aThread(app.a);
      const metadata = pairs('key', 16);

      const answers = await Promise.all(
        Object.entries(metadata).map(([key, value]) => app.a.post(`/v1/threads/${id}`, { metadata: { [key]: value } })),
      );

      expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
      expect((await app.a.get(`/v1/threads/${id}`)).body.metadata).toEqual(metadata);
    });

    it('never merges beyond 16 pairs', async () => {
      const { id } = await aThread(app.a);
      const entries = Object.entries(pairs('key', 24));

      const answers = await Promise.all(
        entries.map(([key, value]) => app.a.post(`/v1/threads/${id}`, { metadata: { [key]: value } })),
      );

      const accepted = entries.filter((_, i) => answers[i]!.status === 200);
      expect(accepted).toHaveLength(16);
      for (const { body } of answers.filter(({ status }) => status !== 200)) expect(body).toEqual(tooManyPairs(17));
      expect((await app.a.get(`/v1/threads/${id}`)).body.metadata).toEqual(Object.fromEntries(accepted));
    });
  });

  describe('refuses', () => {
    const code = 'tool_resources.code_interpreter.file_ids';
    const stores = 'tool_resources.file_search.vector_store_ids';

    const table: [body: string, expected: object][] = [
      ['{"metadata":{"k":null}}', invalidType('metadata.k', 'a string', 'null')],
      ['{"metadata":{"k":true}}', invalidType('metadata.k', 'a string', 'a boolean')],
      ['{"metadata":{"k":1}}', invalidType('metadata.k', 'a string', 'an integer')],
      ['{"metadata":{"k":{}}}', invalidType('metadata.k', 'a string', 'an object')],
      ['{"metadata":{"k":[]}}', invalidType('metadata.k', 'a string', 'an array')],
      ['{"metadata":"k"}', invalidType('metadata', 'an object', 'a string')],
      ['{"metadata":[]}', invalidType('metadata', 'an object', 'an array')],
      ['{"metadata":false}', invalidType('metadata', 'an object', 'a boolean')],
      ['{"metadata":{"k":"\\u0000"}}', unstorable('metadata.k', 'the character U+0000')],
      ['{"metadata":{"k":"\\udc00"}}', unstorable('metadata.k', 'an unpaired surrogate')],
      [
        JSON.stringify({ metadata: { long: '😀'.repeat(513) } }),
        refusal(
          "Invalid 'metadata.long': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
          'metadata.long',
          'string_above_max_length',
        ),
      ],
      [
        JSON.stringify({ metadata: { ['k'.repeat(65)]: '' } }),
        refusal(
          `Invalid property name in 'metadata': '${'k'.repeat(65)}' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.`,
          `metadata.${'k'.repeat(65)}`,
          'property_name_above_max_length',
        ),
      ],
      ['{"messages":[]}', unknown('messages')],
      ['{"role":"user","content":"Hello"}', unknown('role')],
      ['{"__proto__":{}}', unknown('__proto__')],
      [tools({ file_search: { vector_stores: [{}] } }), unknown('tool_resources.file_search.vector_stores')],
      [tools({ browser: {} }), unknown('tool_resources.browser')],
      ['{"tool_resources":[]}', invalidType('tool_resources', 'an object', 'an array')],
      [tools({ file_search: null }), invalidType('tool_resources.file_search', 'an object', 'null')],
      [tools({ code_interpreter: { file_ids: 'file-1' } }), invalidType(code, 'an array', 'a string')],
      [tools({ code_interpreter: { file_ids: [1] } }), invalidType(`${code}[0]`, 'a string', 'an integer')],
      [tools({ code_interpreter: { file_ids: Array(21).fill('file-1') } }), listTooLong(code, 20)],
      [tools({ file_search: { vector_store_ids: ['vs_1', 'vs_2'] } }), listTooLong(stores, 1)],
      [
        '[]',
        refusal(
          'Invalid type for the request body: expected an object, but got an array instead.',
          null,
          'invalid_type',
        ),
      ],
    ];

    it.each(table)('%.80s', async (body, expected) => {
      const thread = await aThread(app.a, { metadata: { user: 'abc' } });

      const answer = await app.a.send('POST', `/v1/threads/${thread.id}`, { headers: JSON_HEADERS, body });

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(expected);
      expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    });

    it.each(['undefined', 'thread_000000000000000000000000'])('a bad body before it looks at the id %s', async (id) => {
      for (const [body, expected] of table) {
        const answer = await app.a.send('POST', `/v1/threads/${id}`, { headers: JSON_HEADERS, body });

        expect(answer.body).toEqual(expected);
      }
    });

    it('the media type of a merge patch', async () => {
      const { id } = await aThread(app.a);

      const answer = await app.a.post(`/v1/threads/${id}`, {}, { 'content-type': 'application/merge-patch+json' });

      expect(answer.status).toBe(415);
      expect(answer.body).toEqual(
        refusal(
          'Unsupported media type. The body must be sent as application/json, in UTF-8.',
          null,
          'unsupported_media_type',
        ),
      );
    });

    it.each(['undefined', '1234', 'messages'])('the malformed id %j', async (id) => {
      const answer = await app.a.post(`/v1/threads/${id}`, { metadata: { k: 'v' } });

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(
        refusal(
          `Invalid 'thread_id': '${id}'. Expected an ID that begins with 'thread'.`,
          'thread_id',
          'invalid_value',
        ),
      );
    });
  });

  it("hides another project's thread as one that does not exist, and leaves it", async () => {
    const thread = await aThread(app.a, { metadata: pairs('a', 16) });

    for (const metadata of [{ a0: 'theirs' }, { one: 'too many' }]) {
      const answer = await app.b.post(`/v1/threads/${thread.id}`, { metadata });

      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(noThread(thread.id));
    }
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it.each(['thread_000000000000000000000000', 'thread_\u0000'])('finds no thread with id %j', async (id) => {
    const answer = await app.a.post(`/v1/threads/${encodeURIComponent(id)}`, { metadata: { k: 'v' } });

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(id));
  });

  it('refuses a thread that was deleted', async () => {
    const { id } = await aThread(app.a);
    ok(await app.a.delete(`/v1/threads/${id}`));

    const answer = await app.a.post(`/v1/threads/${id}`, {});

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(id));
  });
});
