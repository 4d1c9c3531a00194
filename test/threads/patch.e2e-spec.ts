import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { aThread, noThread, ok, refusal } from '../support/build.js';

const pairs = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, `value ${i}`]));

const invalidType = (param: string, expected: string, got: string): object =>
  refusal(`Invalid type for '${param}': expected ${expected}, but got ${got} instead.`, param, 'invalid_type');

const notAnObject = (got: string): object =>
  refusal(`Invalid type for the request body: expected an object, but got ${got} instead.`, null, 'invalid_type');

const unknown = (param: string): object => refusal(`Unknown parameter: '${param}'.`, param, 'unknown_parameter');

const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };

describe('PATCH /v1/threads/{thread_id}', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it.each([
    ['/v1/threads', 'application/merge-patch+json'],
    ['/v1/threads', 'application/merge-patch+json; charset=utf-8'],
    ['/v1/threads', 'application/json'],
    ['/threads', 'application/merge-patch+json'],
    ['/threads', 'application/json'],
  ])('sets, keeps and removes keys, under %s as %s', async (path, type) => {
    const thread = await aThread(app.a, { metadata: { kept: 'a', changed: 'b', removed: 'c' } });

    const answer = await app.a.patch(
      `${path}/${thread.id}`,
      { metadata: { changed: 'new', removed: null, added: '', absent: null } },
      { 'content-type': type },
    );

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...thread, metadata: { kept: 'a', changed: 'new', added: '' } });
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(answer.body);
  });

  it('removes all keys with null for metadata', async () => {
    const thread = await aThread(app.a, {
      metadata: pairs(16),
      tool_resources: { code_interpreter: { file_ids: ['file-1'] } },
    });

    const answer = await app.a.patch(`/v1/threads/${thread.id}`, { metadata: null }, MERGE_PATCH);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...thread, metadata: {} });
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(answer.body);
  });

  it('removes names that objects inherit, and only those', async () => {
    const { id } = await aThread(app.a, {
      metadata: JSON.parse('{"__proto__":"a","constructor":"b","toString":"c","a.b":"d"}'),
    });

    const { body } = await app.a.patch(
      `/v1/threads/${id}`,
      JSON.parse('{"metadata":{"__proto__":null,"toString":null}}'),
    );

    expect(new Map(Object.entries(body.metadata))).toEqual(
      new Map([
        ['a.b', 'd'],
        ['constructor', 'b'],
      ]),
    );
  });

  it.each([
    ['no body at all', undefined],
    ['{}', {}],
    ['empty metadata', { metadata: {} }],
    ['null for a key that is not there', { metadata: { absent: null } }],
    ['empty tool_resources', { tool_resources: {} }],
  ])('changes nothing with %s', async (_, patch) => {
    const thread = await aThread(app.a, {
      metadata: { user: 'abc' },
      tool_resources: { code_interpreter: { file_ids: ['file-1'] } },
    });

    const answer = await app.a.patch(`/v1/threads/${thread.id}`, patch);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(thread);
  });

  it.each([
    ['null takes a tool away', { code_interpreter: null }, { file_search: { vector_store_ids: ['vs_1'] } }],
    ['null for the whole takes all away', null, {}],
    [
      'a list replaces the list of its tool',
      { code_interpreter: { file_ids: ['file-2'] } },
      { code_interpreter: { file_ids: ['file-2'] }, file_search: { vector_store_ids: ['vs_1'] } },
    ],
    [
      'one is taken away and one replaced',
      { code_interpreter: null, file_search: { vector_store_ids: [] } },
      { file_search: { vector_store_ids: [] } },
    ],
  ])('patches tool_resources: %s', async (_, patch, tool_resources) => {
    const thread = await aThread(app.a, {
      metadata: { user: 'abc' },
      tool_resources: { code_interpreter: { file_ids: ['file-1'] }, file_search: { vector_store_ids: ['vs_1'] } },
    });

    const answer = await app.a.patch(`/v1/threads/${thread.id}`, { tool_resources: patch }, MERGE_PATCH);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...thread, tool_resources });
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(answer.body);
  });

  describe('holds the limit of 16 pairs on the result', () => {
    it('takes a new key in the place of one that is removed', async () => {
      const { id } = await aThread(app.a, { metadata: pairs(16) });

      const answer = await app.a.patch(
        `/v1/threads/${id}`,
        { metadata: { key0: null, key16: 'value 16' } },
        MERGE_PATCH,
      );

      const { key0: _, ...expected } = pairs(17);
      expect(answer.status).toBe(200);
      expect(answer.body.metadata).toEqual(expected);
    });

    it('replaces all sixteen at once, which takes 32 members', async () => {
      const { id } = await aThread(app.a, { metadata: pairs(16) });
      const removal = Object.fromEntries(Object.keys(pairs(16)).map((key) => [key, null]));
      const others = Object.fromEntries(Object.entries(pairs(16)).map(([key, value]) => [`other ${key}`, value]));

      const answer = await app.a.patch(`/v1/threads/${id}`, { metadata: { ...removal, ...others } }, MERGE_PATCH);

      expect(answer.status).toBe(200);
      expect(answer.body.metadata).toEqual(others);
    });

    it('refuses a seventeenth, also when the key that is removed is not there', async () => {
      const thread = await aThread(app.a, { metadata: pairs(16) });

      const answer = await app.a.patch(
        `/v1/threads/${thread.id}`,
        {
          metadata: { absent: null, key16: 'value 16' },
          tool_resources: { code_interpreter: { file_ids: ['file-1'] } },
        },
        MERGE_PATCH,
      );

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(
        refusal(
          "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
          'metadata',
          'object_above_max_properties',
        ),
      );
      expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    });
  });

  it('loses nothing when different keys are removed and set at the same time', async () => {
    const { id } = await aThread(app.a, { metadata: pairs(8) });

    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => [
        app.a.patch(`/v1/threads/${id}`, { metadata: { [`key${i}`]: null } }, MERGE_PATCH),
        app.a.patch(`/v1/threads/${id}`, { metadata: { [`new${i}`]: `${i}` } }, MERGE_PATCH),
      ]).flat(),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
    expect((await app.a.get(`/v1/threads/${id}`)).body.metadata).toEqual(
      Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`new${i}`, `${i}`])),
    );
  });

  describe('refuses', () => {
    const table: [body: string, expected: object][] = [
      ['{"metadata":{"k":1}}', invalidType('metadata.k', 'a string', 'an integer')],
      ['{"metadata":{"k":{"nested":null}}}', invalidType('metadata.k', 'a string', 'an object')],
      ['{"metadata":[]}', invalidType('metadata', 'an object', 'an array')],
      ['{"metadata":"k"}', invalidType('metadata', 'an object', 'a string')],
      ['{"tool_resources":{"file_search":[]}}', invalidType('tool_resources.file_search', 'an object', 'an array')],
      ['{"tool_resources":{"file_search":{"vector_stores":[]}}}', unknown('tool_resources.file_search.vector_stores')],
      ['{"messages":null}', unknown('messages')],
      ['{"id":null}', unknown('id')],
      ['null', notAnObject('null')],
      ['[{"op":"remove","path":"/metadata/k"}]', notAnObject('an array')],
      ['"metadata"', notAnObject('a string')],
      [
        '{"metadata":{"k":"\\u0000"}}',
        refusal(
          "Invalid 'metadata.k': the string contains the character U+0000, which cannot be stored.",
          'metadata.k',
          'invalid_string',
        ),
      ],
      [
        JSON.stringify({ metadata: { ['k'.repeat(65)]: null } }),
        refusal(
          `Invalid property name in 'metadata': '${'k'.repeat(65)}' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.`,
          `metadata.${'k'.repeat(65)}`,
          'property_name_above_max_length',
        ),
      ],
      [
        JSON.stringify({ metadata: pairs(17) }),
        refusal(
          "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
          'metadata',
          'object_above_max_properties',
        ),
      ],
    ];

    it.each(table)('%.80s', async (body, expected) => {
      const thread = await aThread(app.a, { metadata: { k: 'v' } });

      const answer = await app.a.send('PATCH', `/v1/threads/${thread.id}`, { headers: MERGE_PATCH, body });

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(expected);
      expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    });

    it('a bad body before it looks at the id', async () => {
      for (const [body, expected] of table) {
        const answer = await app.a.send('PATCH', '/v1/threads/undefined', { headers: MERGE_PATCH, body });

        expect(answer.body).toEqual(expected);
      }
    });

    it.each(['text/plain', 'application/json-patch+json', 'application/merge-patch+json; charset=utf-16'])(
      'a body sent as %s',
      async (type) => {
        const { id } = await aThread(app.a);

        const answer = await app.a.patch(`/v1/threads/${id}`, { metadata: { k: 'v' } }, { 'content-type': type });

        expect(answer.status).toBe(415);
        expect(answer.body).toEqual(
          refusal(
            'Unsupported media type. The body must be sent as application/merge-patch+json or application/json, in UTF-8.',
            null,
            'unsupported_media_type',
          ),
        );
      },
    );

    it('a malformed id', async () => {
      const answer = await app.a.patch('/v1/threads/1234', { metadata: null }, MERGE_PATCH);

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(
        refusal("Invalid 'thread_id': '1234'. Expected an ID that begins with 'thread'.", 'thread_id', 'invalid_value'),
      );
    });
  });

  it("hides another project's thread as one that does not exist, and leaves it", async () => {
    const thread = await aThread(app.a, { metadata: { user: 'abc' } });

    const answer = await app.b.patch(`/v1/threads/${thread.id}`, { metadata: null }, MERGE_PATCH);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(thread.id));
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it('finds no thread that never was or that was deleted', async () => {
    const { id } = await aThread(app.a);
    ok(await app.a.delete(`/v1/threads/${id}`));

    for (const missing of [id, 'thread_000000000000000000000000', 'thread_\u0000']) {
      const answer = await app.a.patch(`/v1/threads/${encodeURIComponent(missing)}`, { metadata: null }, MERGE_PATCH);

      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(noThread(missing));
    }
  });
});
