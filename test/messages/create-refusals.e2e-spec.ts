import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread, ok, refusal } from '../support/build.js';
import type { Answer } from '../support/client.js';

const FOUR_BYTES = '😀';
const UNPAIRED = '\ud800';

const withPart = (part: unknown): object => ({ content: [{ type: 'text', text: 'Look:' }, part] });
const withImageUrl = (image_url: unknown): object => withPart({ type: 'image_url', image_url });
const withImageFile = (image_file: unknown): object => withPart({ type: 'image_file', image_file });
const withAttachment = (attachment: unknown): object => ({
  attachments: [{ file_id: 'file-a', tools: [{ type: 'file_search' }] }, attachment],
});
const withTool = (tool: unknown): object => withAttachment({ file_id: 'file-b', tools: [tool] });
const withMetadata = (metadata: unknown): object => ({ metadata });
const pairs = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, '']));

const refused = (message: string, param: string | null, code: string | null, status = 400): object => ({
  status,
  body: refusal(message, param, code),
  stored: [],
});

describe('POST /v1/threads/{thread_id}/messages refuses', () => {
  let app: TestApp;
  let path: string;

  beforeAll(async () => {
    app = await startApp();
    path = `/v1/threads/${(await aThread(app.a)).id}/messages`;
  });

  afterAll(() => app.close());

  /** What came of a request: the answer, and what is in the thread now. */
  const outcomeOf = async (answer: Promise<Answer>): Promise<object> => {
    const { status, body } = await answer;
    return { status, body, stored: ok(await app.a.get(path)).data };
  };

  const post = (fields: object): Promise<object> =>
    outcomeOf(app.a.post(path, { role: 'user', content: 'Hello', ...fields }));

  const postText = (body: string): Promise<object> =>
    outcomeOf(app.a.send('POST', path, { headers: { 'content-type': 'application/json' }, body }));

  it.each<[string, object]>([
    ['role', { role: undefined }],
    ['content', { content: undefined }],
    ['content[1].type', withPart({ text: 'Hello' })],
    ['content[1].text', withPart({ type: 'text' })],
    ['content[1].image_url', withPart({ type: 'image_url' })],
    ['content[1].image_url.url', withImageUrl({ detail: 'low' })],
    ['content[1].image_file', withPart({ type: 'image_file' })],
    ['content[1].image_file.file_id', withImageFile({})],
    ['attachments[1].file_id', withAttachment({ tools: [] })],
    ['attachments[1].tools', withAttachment({ file_id: 'file-b' })],
    ['attachments[1].tools[0].type', withTool({})],
  ])('a body without %s', async (param, fields) => {
    const message = `Missing required parameter: '${param}'.`;

    expect(await post(fields)).toEqual(refused(message, param, 'missing_required_parameter'));
  });

  it.each<[string, object]>([
    ...['id', 'object', 'created_at', 'thread_id', 'run_id', 'assistant_id', 'status', 'completed_at', 'file_ids'].map(
      (name): [string, object] => [name, { [name]: 'x' }],
    ),
    ['constructor', { constructor: 'x' }],
    ['Role', { Role: 'user' }],
    ['content[1].annotations', withPart({ type: 'text', text: 'Hello', annotations: [] })],
    ['content[1].text', withPart({ type: 'image_file', image_file: { file_id: 'file-a' }, text: 'Hello' })],
    ['content[1].image_url', withPart({ type: 'text', text: 'Hello', image_url: { url: 'https://example.com' } })],
    ['content[1].image_url.size', withImageUrl({ url: 'https://example.com', size: 2 })],
    ['content[1].image_file.url', withImageFile({ file_id: 'file-a', url: 'https://example.com' })],
    ['attachments[1].fileId', withAttachment({ fileId: 'file-b', tools: [] })],
    ['attachments[1].tools[0].file_search', withTool({ type: 'file_search', file_search: { max_num_results: 5 } })],
  ])('the unknown field %s', async (param, fields) => {
    expect(await post(fields)).toEqual(refused(`Unknown parameter: '${param}'.`, param, 'unknown_parameter'));
  });

  it('the unknown field __proto__', async () => {
    const body = '{"role":"user","content":"Hello","__proto__":{"role":"assistant"}}';

    expect(await postText(body)).toEqual(refused("Unknown parameter: '__proto__'.", '__proto__', 'unknown_parameter'));
  });

  it.each<[string, string, string, object]>([
    ['role', 'a string', 'null', { role: null }],
    ['role', 'a string', 'an array', { role: ['user'] }],
    ['content', 'one of an array of objects or string', 'null', { content: null }],
    ['content', 'one of an array of objects or string', 'an integer', { content: 5 }],
    ['content', 'one of an array of objects or string', 'an object', { content: { type: 'text', text: 'Hello' } }],
    ['content[1]', 'an object', 'a string', withPart('Hello')],
    ['content[1]', 'an object', 'null', withPart(null)],
    ['content[1]', 'an object', 'an array', withPart([])],
    ['content[1].type', 'a string', 'null', withPart({ type: null, text: 'Hello' })],
    ['content[1].text', 'a string', 'null', withPart({ type: 'text', text: null })],
    ['content[1].text', 'a string', 'an object', withPart({ type: 'text', text: { value: 'Hello', annotations: [] } })],
    ['content[1].text', 'a string', 'an object', withPart({ type: 'text', text: { value: 'Hello' } })],
    ['content[1].image_url', 'an object', 'a string', withImageUrl('https://example.com/a.png')],
    ['content[1].image_url.url', 'a string', 'null', withImageUrl({ url: null })],
    ['content[1].image_url.detail', 'a string', 'null', withImageUrl({ url: 'https://example.com', detail: null })],
    ['content[1].image_file', 'an object', 'a string', withImageFile('file-a')],
    ['content[1].image_file.file_id', 'a string', 'a decimal', withImageFile({ file_id: 1.5 })],
    ['attachments', 'an array', 'an object', { attachments: {} }],
    ['attachments', 'an array', 'a string', { attachments: 'file-a' }],
    ['attachments[1]', 'an object', 'a string', withAttachment('file-b')],
    ['attachments[1].file_id', 'a string', 'an integer', withAttachment({ file_id: 7, tools: [] })],
    ['attachments[1].tools', 'an array', 'null', withAttachment({ file_id: 'file-b', tools: null })],
    ['attachments[1].tools[0]', 'an object', 'a string', withTool('file_search')],
    ['attachments[1].tools[0].type', 'a string', 'a boolean', withTool({ type: true })],
    ['metadata', 'an object', 'a string', withMetadata('user')],
    ['metadata', 'an object', 'an array', withMetadata([])],
    ['metadata.modified', 'a string', 'a boolean', withMetadata({ modified: true })],
    ['metadata.count', 'a string', 'an integer', withMetadata({ count: 3 })],
    ['metadata.price', 'a string', 'a decimal', withMetadata({ price: 0.5 })],
    ['metadata.gone', 'a string', 'null', withMetadata({ gone: null })],
    ['metadata.deep', 'a string', 'an object', withMetadata({ deep: {} })],
    ['metadata.list', 'a string', 'an array', withMetadata({ list: [] })],
  ])('%s when it has to be %s and is %s', async (param, expected, got, fields) => {
    const message = `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`;

    expect(await post(fields)).toEqual(refused(message, param, 'invalid_type'));
  });

  it.each<[string, string, string, object]>([
    ['role', 'human', "'user' and 'assistant'", { role: 'human' }],
    ['role', 'system', "'user' and 'assistant'", { role: 'system' }],
    ['role', 'User', "'user' and 'assistant'", { role: 'User' }],
    ['role', '', "'user' and 'assistant'", { role: '' }],
    ['content[1].type', 'video', "'text', 'image_url', and 'image_file'", withPart({ type: 'video', video: {} })],
    [
      'content[1].type',
      'refusal',
      "'text', 'image_url', and 'image_file'",
      withPart({ type: 'refusal', refusal: 'No' }),
    ],
    ['content[1].type', 'toString', "'text', 'image_url', and 'image_file'", withPart({ type: 'toString' })],
    [
      'content[1].image_url.detail',
      'ultra',
      "'auto', 'low', and 'high'",
      withImageUrl({ url: 'https://example.com', detail: 'ultra' }),
    ],
    ['content[1].image_file.detail', '', "'auto', 'low', and 'high'", withImageFile({ file_id: 'file-a', detail: '' })],
    [
      'attachments[1].tools[0].type',
      'function',
      "'code_interpreter' and 'file_search'",
      withTool({ type: 'function' }),
    ],
  ])('%s: %j, which is not one of %s', async (param, value, supported, fields) => {
    const message = `Invalid value: '${value}'. Supported values are: ${supported}.`;

    expect(await post(fields)).toEqual(refused(message, param, 'invalid_value'));
  });

  it.each<[string, object]>([
    ['content', { content: '' }],
    ['content[1].text', withPart({ type: 'text', text: '' })],
  ])('empty text in %s', async (param, fields) => {
    expect(await post(fields)).toEqual(refused('Message content must be non-empty.', param, null));
  });

  it('an empty array of parts', async () => {
    const message =
      "Invalid 'content': empty array. Expected an array with minimum length 1, but got an empty array instead.";

    expect(await post({ content: [] })).toEqual(refused(message, 'content', 'empty_array'));
  });

  it.each<[string, object]>([
    ['content[1].image_file.file_id', withImageFile({ file_id: '' })],
    ['attachments[1].file_id', withAttachment({ file_id: '', tools: [] })],
  ])('an empty %s', async (param, fields) => {
    const message =
      `Invalid '${param}': empty string. ` +
      'Expected a string with minimum length 1, but got an empty string instead.';

    expect(await post(fields)).toEqual(refused(message, param, 'empty_string'));
  });

  it.each<[string, unknown]>([
    ['words', 'not a url'],
    ['nothing', ''],
    ['a path', '/images/a.png'],
    ['no host', 'https://'],
  ])('an image address that is %s', async (_, url) => {
    const content = [
      { type: 'text', text: 'Compare:' },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      { type: 'image_url', image_url: { url } },
    ];
    const message = "Invalid 'content[2].image_url.url'. Expected a valid URL, but got a value with an invalid format.";

    expect(await post({ content })).toEqual(refused(message, 'content[2].image_url.url', 'invalid_url'));
  });

  it.each<[string, number, number, object]>([
    ['content', 256_000, 256_001, { content: 'a'.repeat(256_001) }],
    ['content', 256_000, 256_001, { content: FOUR_BYTES.repeat(256_001) }],
    ['content[1].text', 256_000, 256_001, withPart({ type: 'text', text: FOUR_BYTES.repeat(256_001) })],
    ['metadata.long', 512, 513, withMetadata({ long: FOUR_BYTES.repeat(513) })],
    ['content[1].image_file.file_id', 512, 513, withImageFile({ file_id: 'f'.repeat(513) })],
    ['attachments[1].file_id', 512, 513, withAttachment({ file_id: 'f'.repeat(513), tools: [] })],
  ])('%s of more than %i characters', async (param, max, length, fields) => {
    const message =
      `Invalid '${param}': string too long. ` +
      `Expected a string with maximum length ${max}, but got a string with length ${length} instead.`;

    expect(await post(fields)).toEqual(refused(message, param, 'string_above_max_length'));
  });

  it('a metadata key of more than 64 characters', async () => {
    const key = FOUR_BYTES.repeat(65);
    const message =
      `Invalid property name in 'metadata': '${key}' is too long. ` +
      'Expected a string with maximum length 64, but got a string with length 65 instead.';

    expect(await post(withMetadata({ [key]: '' }))).toEqual(
      refused(message, `metadata.${key}`, 'property_name_above_max_length'),
    );
  });

  it('more than 16 pairs of metadata', async () => {
    const message =
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, " +
      'but got an object with 24 properties instead.';

    expect(await post(withMetadata(pairs(24)))).toEqual(refused(message, 'metadata', 'object_above_max_properties'));
  });

  it.each<[string, number, object]>([
    ['content', 500, { content: Array.from({ length: 501 }, () => ({ type: 'text', text: 'a' })) }],
    ['attachments', 500, { attachments: Array.from({ length: 501 }, () => ({ file_id: 'file-a', tools: [] })) }],
    [
      'attachments[1].tools',
      20,
      withAttachment({ file_id: 'file-b', tools: Array.from({ length: 21 }, () => ({ type: 'file_search' })) }),
    ],
  ])('%s of more than %i entries', async (param, max, fields) => {
    const message =
      `Invalid '${param}': array too long. ` +
      `Expected an array with maximum length ${max}, but got an array with length ${max + 1} instead.`;

    expect(await post(fields)).toEqual(refused(message, param, 'array_above_max_length'));
  });

  it.each<[string, (text: string) => object]>([
    ['content', (text) => ({ content: text })],
    ['content[1].text', (text) => withPart({ type: 'text', text })],
    ['content[1].image_url.url', (text) => withImageUrl({ url: `https://example.com/${text}` })],
    ['content[1].image_file.file_id', (text) => withImageFile({ file_id: text })],
    ['attachments[1].file_id', (text) => withAttachment({ file_id: text, tools: [] })],
    ['metadata.key', (text) => withMetadata({ key: text })],
  ])('what cannot be stored in %s: U+0000 and unpaired surrogates', async (param, fields) => {
    for (const [text, what] of [
      ['a\u0000b', 'the character U+0000'],
      [`a${UNPAIRED}b`, 'an unpaired surrogate'],
      ['a\udc00\ud800b', 'an unpaired surrogate'],
    ] as const) {
      const message = `Invalid '${param}': the string contains ${what}, which cannot be stored.`;

      expect(await post(fields(text))).toEqual(refused(message, param, 'invalid_string'));
    }
  });

  it('a metadata key with U+0000', async () => {
    const param = 'metadata.a\u0000b';
    const message = `Invalid '${param}': the string contains the character U+0000, which cannot be stored.`;

    expect(await post(withMetadata({ 'a\u0000b': '' }))).toEqual(refused(message, param, 'invalid_string'));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['an array', [{ role: 'user', content: 'Hello' }]],
    ['a string', 'Hello'],
    ['an integer', 5],
    ['a boolean', true],
  ])('a body that is %s', async (kind, body) => {
    const message = `Invalid type for the request body: expected an object, but got ${kind} instead.`;

    expect(await outcomeOf(app.a.post(path, body))).toEqual(refused(message, null, 'invalid_type'));
  });

  it('a request without a body', async () => {
    const message = "Missing required parameter: 'role'.";

    expect(await outcomeOf(app.a.post(path))).toEqual(refused(message, 'role', 'missing_required_parameter'));
  });

  it.each(['{"role":"user","content":"Hello"', 'role=user&content=Hello', "{'role':'user','content':'Hello'}"])(
    'a body that is not JSON: %s',
    async (body) => {
      const message =
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP " +
        'library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you ' +
        'have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)';

      expect(await postText(body)).toEqual(refused(message, null, null));
    },
  );

  it('a body of more than 4 MiB', async () => {
    const message = 'The request body is too large: at most 4194304 bytes are accepted here.';

    expect(await post({ content: 'a'.repeat(4 * 1024 * 1024) })).toEqual(
      refused(message, null, 'request_too_large', 413),
    );
  });
});
