import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { refusal } from '../support/build.js';

type Refusal = [label: string, body: unknown, message: string, param: string | null, code: string | null];

/** One of each kind of JSON value, in the words of the API. */
const KINDS: Record<string, unknown> = {
  'a string': 'text',
  'a boolean': true,
  null: null,
  'an integer': 7,
  'a decimal': 1.5,
  'an object': {},
  'an array': [],
};

/** A row for each kind of value that is not accepted at `param`. */
const wrongTypes = (
  param: string,
  expected: string,
  accepted: string[],
  toBody: (value: unknown) => unknown,
): Refusal[] =>
  Object.entries(KINDS)
    .filter(([kind]) => !accepted.includes(kind))
    .map(([kind, value]) => [
      `${kind} for ${param}`,
      toBody(value),
      `Invalid type for '${param}': expected ${expected}, but got ${kind} instead.`,
      param,
      'invalid_type',
    ]);

const unknownName = (param: string, body: unknown): Refusal => [
  `${param}, which is unknown`,
  body,
  `Unknown parameter: '${param}'.`,
  param,
  'unknown_parameter',
];

const missing = (param: string, body: unknown): Refusal => [
  `${param} left out`,
  body,
  `Missing required parameter: '${param}'.`,
  param,
  'missing_required_parameter',
];

const tooLong = (param: string, max: number, length: number, body: unknown): Refusal => [
  `${param} with ${length} items`,
  body,
  `Invalid '${param}': array too long. Expected an array with maximum length ${max}, but got an array with length ${length} instead.`,
  param,
  'array_above_max_length',
];

const HELLO = { role: 'user', content: 'Hello' };
const second = (message: unknown): object => ({ messages: [HELLO, message] });
const codeFiles = (file_ids: unknown): object => ({ tool_resources: { code_interpreter: { file_ids } } });
const storeIds = (vector_store_ids: unknown): object => ({ tool_resources: { file_search: { vector_store_ids } } });
const store = (fields: unknown): object => ({ tool_resources: { file_search: { vector_stores: [fields] } } });
const chunks = (sizes: unknown): object => store({ chunking_strategy: { type: 'static', static: sizes } });

const STORE = 'tool_resources.file_search.vector_stores[0]';
const SIZES = `${STORE}.chunking_strategy.static`;

const integerOutside = (
  param: string,
  bound: 'above maximum' | 'below minimum',
  limit: number,
  got: number,
  body: unknown,
): Refusal => [
  `${param} of ${got}`,
  body,
  `Invalid '${param}': integer ${bound} value. Expected a value ${bound === 'above maximum' ? '<=' : '>='} ${limit}, but got ${got} instead.`,
  param,
  bound === 'above maximum' ? 'integer_above_max_value' : 'integer_below_min_value',
];

const pairs = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'value']));

const unstorable = (param: string, what: string): object =>
  refusal(`Invalid '${param}': the string contains ${what}, which cannot be stored.`, param, 'invalid_string');

describe('POST /v1/threads with a bad request', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  describe('refuses in metadata', () => {
    it.each<Refusal>([
      ...wrongTypes('metadata', 'an object', ['an object', 'null'], (metadata) => ({ metadata })),
      ...wrongTypes('metadata.paid', 'a string', ['a string'], (paid) => ({ metadata: { user: 'abc', paid } })),
      ...wrongTypes('metadata.__proto__', 'a string', ['a string'], (value) => ({
        metadata: JSON.parse(`{"__proto__":${JSON.stringify(value)}}`),
      })),
      [
        '17 pairs',
        { metadata: pairs(17) },
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
        'metadata',
        'object_above_max_properties',
      ],
      ...['v', '😀'].map((character): Refusal => [
        `a value of 513 times ${character}`,
        { metadata: { long: character.repeat(513) } },
        "Invalid 'metadata.long': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
        'metadata.long',
        'string_above_max_length',
      ]),
      ...['k', '😀'].map((character): Refusal => [
        `a key of 65 times ${character}`,
        { metadata: { [character.repeat(65)]: 'value' } },
        `Invalid property name in 'metadata': '${character.repeat(65)}' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.`,
        `metadata.${character.repeat(65)}`,
        'property_name_above_max_length',
      ]),
    ])('%s', refuses);
  });

  describe('refuses in messages', () => {
    it.each<Refusal>([
      ...wrongTypes('messages', 'an array', ['an array'], (messages) => ({ messages })),
      ...wrongTypes('messages[1]', 'an object', ['an object'], second),
      ...wrongTypes('messages[1].role', 'a string', ['a string'], (role) => second({ ...HELLO, role })),
      ...wrongTypes(
        'messages[1].content',
        'one of an array of objects or string',
        ['a string', 'an array'],
        (content) => second({ role: 'user', content }),
      ),
      ...wrongTypes('messages[1].metadata.n', 'a string', ['a string'], (n) => second({ ...HELLO, metadata: { n } })),
      tooLong('messages', 32, 33, { messages: Array.from({ length: 33 }, () => HELLO) }),
      missing('messages[1].role', second({ content: 'Hello' })),
      missing('messages[1].content', second({ role: 'user' })),
      missing('messages[1].attachments[0].tools', second({ ...HELLO, attachments: [{ file_id: 'file-1' }] })),
      missing('messages[1].attachments[0].file_id', second({ ...HELLO, attachments: [{ tools: [] }] })),
      missing('messages[1].content[0].text', second({ role: 'user', content: [{ type: 'text' }] })),
      unknownName('messages[1].file_ids', second({ ...HELLO, file_ids: [] })),
      unknownName(
        'messages[1].content[0].colour',
        second({ role: 'user', content: [{ type: 'text', text: 'a', colour: 1 }] }),
      ),
      [
        'a role of someone else',
        second({ ...HELLO, role: 'human' }),
        "Invalid value: 'human'. Supported values are: 'user' and 'assistant'.",
        'messages[1].role',
        'invalid_value',
      ],
      [
        'empty content',
        second({ role: 'user', content: '' }),
        'Message content must be non-empty.',
        'messages[1].content',
        null,
      ],
      [
        'no parts',
        second({ role: 'user', content: [] }),
        "Invalid 'messages[1].content': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        'messages[1].content',
        'empty_array',
      ],
      [
        '256,001 characters',
        second({ role: 'user', content: '😀'.repeat(256_001) }),
        "Invalid 'messages[1].content': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead.",
        'messages[1].content',
        'string_above_max_length',
      ],
      [
        'more in its parts than a message by itself may have',
        second({
          role: 'user',
          content: Array.from({ length: 17 }, () => ({ type: 'text', text: 'a'.repeat(250_000) })),
        }),
        "Invalid 'messages[1].content': string too long. Expected a string with maximum length 4194304, but got a string with length 4250000 instead.",
        'messages[1].content',
        'string_above_max_length',
      ],
    ])('%s', refuses);
  });

  describe('refuses in tool_resources', () => {
    it.each<Refusal>([
      ...wrongTypes('tool_resources', 'an object', ['an object', 'null'], (tool_resources) => ({ tool_resources })),
      ...wrongTypes('tool_resources.code_interpreter', 'an object', ['an object'], (code_interpreter) => ({
        tool_resources: { code_interpreter },
      })),
      ...wrongTypes('tool_resources.code_interpreter.file_ids', 'an array', ['an array'], codeFiles),
      ...wrongTypes('tool_resources.code_interpreter.file_ids[1]', 'a string', ['a string'], (id) =>
        codeFiles(['file-1', id]),
      ),
      ...wrongTypes('tool_resources.file_search', 'an object', ['an object'], (file_search) => ({
        tool_resources: { file_search },
      })),
      ...wrongTypes('tool_resources.file_search.vector_store_ids', 'an array', ['an array'], storeIds),
      ...wrongTypes('tool_resources.file_search.vector_stores', 'an array', ['an array'], (vector_stores) => ({
        tool_resources: { file_search: { vector_stores } },
      })),
      tooLong(
        'tool_resources.code_interpreter.file_ids',
        20,
        21,
        codeFiles(Array.from({ length: 21 }, (_, i) => `file-${i}`)),
      ),
      tooLong('tool_resources.file_search.vector_store_ids', 1, 2, storeIds(['vs_1', 'vs_2'])),
      tooLong('tool_resources.file_search.vector_stores', 1, 2, {
        tool_resources: { file_search: { vector_stores: [{}, {}] } },
      }),
      unknownName('tool_resources.web_search', { tool_resources: { web_search: {} } }),
      unknownName('tool_resources.code_interpreter.files', { tool_resources: { code_interpreter: { files: [] } } }),
      unknownName('tool_resources.file_search.max_num_results', {
        tool_resources: { file_search: { max_num_results: 1 } },
      }),
      [
        'vector_store_ids with vector_stores',
        { tool_resources: { file_search: { vector_store_ids: ['vs_1'], vector_stores: [{}] } } },
        "Mutually exclusive parameters: 'tool_resources.file_search.vector_store_ids' and 'tool_resources.file_search.vector_stores'. Provide one of the two.",
        'tool_resources.file_search',
        'mutually_exclusive_parameters',
      ],
    ])('%s', refuses);
  });

  describe('refuses in a vector store', () => {
    it.each<Refusal>([
      ...wrongTypes(STORE, 'an object', ['an object'], store),
      ...wrongTypes(`${STORE}.file_ids`, 'an array', ['an array'], (file_ids) => store({ file_ids })),
      ...wrongTypes(`${STORE}.file_ids[0]`, 'a string', ['a string'], (id) => store({ file_ids: [id] })),
      ...wrongTypes(`${STORE}.metadata.n`, 'a string', ['a string'], (n) => store({ metadata: { n } })),
      ...wrongTypes(`${STORE}.chunking_strategy`, 'an object', ['an object'], (chunking_strategy) =>
        store({ chunking_strategy }),
      ),
      ...wrongTypes(SIZES, 'an object', ['an object'], chunks),
      ...wrongTypes(`${SIZES}.max_chunk_size_tokens`, 'an integer', ['an integer'], (max_chunk_size_tokens) =>
        chunks({ max_chunk_size_tokens, chunk_overlap_tokens: 0 }),
      ),
      ...wrongTypes(`${SIZES}.chunk_overlap_tokens`, 'an integer', ['an integer'], (chunk_overlap_tokens) =>
        chunks({ max_chunk_size_tokens: 800, chunk_overlap_tokens }),
      ),
      missing(`${STORE}.chunking_strategy.type`, store({ chunking_strategy: {} })),
      missing(SIZES, store({ chunking_strategy: { type: 'static' } })),
      missing(`${SIZES}.max_chunk_size_tokens`, chunks({ chunk_overlap_tokens: 0 })),
      missing(`${SIZES}.chunk_overlap_tokens`, chunks({ max_chunk_size_tokens: 800 })),
      unknownName(`${STORE}.name`, store({ name: 'Mine' })),
      unknownName(`${STORE}.chunking_strategy.static`, store({ chunking_strategy: { type: 'auto', static: {} } })),
      unknownName(`${SIZES}.colour`, chunks({ max_chunk_size_tokens: 800, chunk_overlap_tokens: 400, colour: 'red' })),
      [
        'an unknown chunking strategy',
        store({ chunking_strategy: { type: 'other' } }),
        "Invalid value: 'other'. Supported values are: 'auto' and 'static'.",
        `${STORE}.chunking_strategy.type`,
        'invalid_value',
      ],
      integerOutside(
        `${SIZES}.max_chunk_size_tokens`,
        'below minimum',
        100,
        99,
        chunks({ max_chunk_size_tokens: 99, chunk_overlap_tokens: 0 }),
      ),
      integerOutside(
        `${SIZES}.max_chunk_size_tokens`,
        'above maximum',
        4096,
        4097,
        chunks({ max_chunk_size_tokens: 4097, chunk_overlap_tokens: 0 }),
      ),
      integerOutside(
        `${SIZES}.chunk_overlap_tokens`,
        'below minimum',
        0,
        -1,
        chunks({ max_chunk_size_tokens: 800, chunk_overlap_tokens: -1 }),
      ),
      integerOutside(
        `${SIZES}.chunk_overlap_tokens`,
        'above maximum',
        400,
        401,
        chunks({ max_chunk_size_tokens: 800, chunk_overlap_tokens: 401 }),
      ),
      integerOutside(
        `${SIZES}.chunk_overlap_tokens`,
        'above maximum',
        50,
        51,
        chunks({ max_chunk_size_tokens: 101, chunk_overlap_tokens: 51 }),
      ),
    ])('%s', refuses);
  });

  describe('refuses a body', () => {
    it.each<Refusal>([
      unknownName('colour', { colour: 'red', metadata: 7 }),
      unknownName('thread', { thread: {} }),
      unknownName('constructor', { constructor: {} }),
      unknownName('__proto__', JSON.parse('{"__proto__":{"metadata":{}}}')),
      ...Object.entries(KINDS)
        .filter(([kind]) => kind !== 'an object')
        .map(([kind, body]): Refusal => [
          `${kind} in its place`,
          body,
          `Invalid type for the request body: expected an object, but got ${kind} instead.`,
          null,
          'invalid_type',
        ]),
    ])('with %s', refuses);

    it.each([
      ['{"metadata":{"user":"a\\u0000b"}}', unstorable('metadata.user', 'the character U+0000')],
      ['{"metadata":{"user":"\\ud800"}}', unstorable('metadata.user', 'an unpaired surrogate')],
      ['{"metadata":{"user":"\\ude00\\ud83d"}}', unstorable('metadata.user', 'an unpaired surrogate')],
      ['{"metadata":{"a\\u0000b":"x"}}', unstorable('metadata.a\u0000b', 'the character U+0000')],
      ['{"messages":[{"role":"user","content":"\\u0000"}]}', unstorable('messages[0].content', 'the character U+0000')],
      [
        '{"messages":[{"role":"user","content":[{"type":"text","text":"\\udc00"}]}]}',
        unstorable('messages[0].content[0].text', 'an unpaired surrogate'),
      ],
      [
        '{"tool_resources":{"code_interpreter":{"file_ids":["file-\\u0000"]}}}',
        unstorable('tool_resources.code_interpreter.file_ids[0]', 'the character U+0000'),
      ],
      [
        '{"tool_resources":{"file_search":{"vector_store_ids":["vs_\\udfff"]}}}',
        unstorable('tool_resources.file_search.vector_store_ids[0]', 'an unpaired surrogate'),
      ],
      [
        '{"tool_resources":{"file_search":{"vector_stores":[{"metadata":{"k":"\\ud800"}}]}}}',
        unstorable(`${STORE}.metadata.k`, 'an unpaired surrogate'),
      ],
    ])('with text that cannot be stored: %s', async (body, expected) => {
      const answer = await app.a.send('POST', '/v1/threads', { headers: { 'content-type': 'application/json' }, body });

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(expected);
    });

    it.each([
      ['a key with an unpaired surrogate', '{"metadata":{"\\ud800":"x"}}'],
      ['an unknown name with an unpaired surrogate', '{"\\ud800":1}'],
      ['a name so long that it is cut amid a pair', JSON.stringify({ [`a${'😀'.repeat(200)}`]: 1 })],
      [
        'a role so long that it is cut amid a pair',
        JSON.stringify({ messages: [{ ...HELLO, role: `a${'😀'.repeat(200)}` }] }),
      ],
    ])('in well-formed text for %s', async (_, body) => {
      const answer = await app.a.send('POST', '/v1/threads', { headers: { 'content-type': 'application/json' }, body });

      expect(answer.status).toBe(400);
      expect(answer.body.error.message.isWellFormed()).toBe(true);
      expect(answer.body.error.param.isWellFormed()).toBe(true);
    });

    it.each(['{', '{"metadata":{}', "{'metadata':{}}", 'undefined', '{"a":1}{"b":2}', '\u0000'])(
      'that is not JSON: %j',
      async (body) => {
        const answer = await app.a.send('POST', '/v1/threads', {
          headers: { 'content-type': 'application/json' },
          body,
        });

        expect(answer.status).toBe(400);
        expect(answer.body).toEqual(
          refusal(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
          ),
        );
      },
    );
  });

  async function refuses(...[, body, message, param, code]: Refusal): Promise<void> {
    const answer = await app.a.post('/v1/threads', body);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refusal(message, param, code));
    expect(await stored()).toEqual([]);
  }

  const stored = (): Promise<object[]> =>
    app.database.query(
      'SELECT id FROM threads UNION ALL SELECT id FROM messages UNION ALL SELECT id FROM vector_stores',
    );
});
