import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok, refusal } from '../support/build.js';

const FOUR_BYTES = '😀';

const pairs = (count: number, value = 'old'): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i + 1}`, value]));

const tooMany = (count: number): object =>
  refusal(
    "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, " +
      `but got an object with ${count} properties instead.`,
    'metadata',
    'object_above_max_properties',
  );

describe('POST /v1/threads/{thread_id}/messages/{message_id}', () => {
  let app: TestApp;
  let threadId: string;

  beforeAll(async () => {
    app = await startApp();
    threadId = (await aThread(app.a)).id;
  });

  afterAll(() => app.close());

  const aMessageWith = async (metadata: object) => {
    const message = await aMessage(app.a, threadId, { metadata });
    return { message, path: `/v1/threads/${threadId}/messages/${message.id}` };
  };

  it.each(['/v1', ''])('merges metadata and leaves the other 13 fields alone under "%s"', async (prefix) => {
    const message = await aMessage(app.a, threadId, {
      role: 'assistant',
      content: [{ type: 'image_file', image_file: { file_id: 'file-a', detail: 'low' } }],
      attachments: [{ file_id: 'file-a', tools: [{ type: 'file_search' }] }],
      metadata: { kept: '1', changed: '1' },
    });

    const answer = await app.a.post(`${prefix}/threads/${threadId}/messages/${message.id}`, {
      metadata: { changed: '2', added: '2' },
    });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...message, metadata: { kept: '1', changed: '2', added: '2' } });
    expect(ok(await app.a.get(`/v1/threads/${threadId}/messages/${message.id}`))).toEqual(answer.body);
  });

  it('gives the same answer when it is sent twice', async () => {
    const { path } = await aMessageWith({ a: '1' });

    const first = ok(await app.a.post(path, { metadata: { b: '2' } }));
    const second = ok(await app.a.post(path, { metadata: { b: '2' } }));

    expect(second).toEqual(first);
  });

  it.each([undefined, {}, { metadata: {} }, { metadata: null }])('changes nothing when it is sent %j', async (body) => {
    const { message, path } = await aMessageWith({ a: '1' });

    const answer = await app.a.post(path, body);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(message);
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it('keeps an empty string as a value', async () => {
    const { message, path } = await aMessageWith({ a: '1' });

    const answer = await app.a.post(path, { metadata: { a: '' } });

    expect(ok(answer)).toEqual({ ...message, metadata: { a: '' } });
  });

  it('changes every pair of a full map', async () => {
    const { message, path } = await aMessageWith(pairs(16));

    const answer = await app.a.post(path, { metadata: pairs(16, 'new') });

    expect(ok(answer)).toEqual({ ...message, metadata: pairs(16, 'new') });
  });

  it('fills the map up to 16 pairs, to the longest key and value', async () => {
    const { message, path } = await aMessageWith(pairs(15));
    const added = { [FOUR_BYTES.repeat(64)]: FOUR_BYTES.repeat(512) };

    const answer = await app.a.post(path, { metadata: added });

    expect(ok(answer)).toEqual({ ...message, metadata: { ...pairs(15), ...added } });
  });

  it.each([
    [16, { added: '1' }, 17],
    [15, { key1: 'new', added: '1', second: '2' }, 17],
    [0, pairs(24), 24],
  ])('refuses more than 16 pairs, merged into %i, and changes nothing', async (stored, metadata, count) => {
    const { message, path } = await aMessageWith(pairs(stored));

    const answer = await app.a.post(path, { metadata });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(tooMany(count));
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it.each<[string, unknown, string, string | null, string]>([
    ['null', null, 'for the request body: expected an object, but got null', null, 'invalid_type'],
    ['an array', [], 'for the request body: expected an object, but got an array', null, 'invalid_type'],
    ['text', 'metadata', 'for the request body: expected an object, but got a string', null, 'invalid_type'],
    ['metadata', { metadata: 'a' }, "for 'metadata': expected an object, but got a string", 'metadata', 'invalid_type'],
    ['metadata', { metadata: [] }, "for 'metadata': expected an object, but got an array", 'metadata', 'invalid_type'],
    ...(
      [
        [null, 'null'],
        [true, 'a boolean'],
        [1, 'an integer'],
        [1.5, 'a decimal'],
        [{}, 'an object'],
        [[], 'an array'],
      ] as const
    ).map(([value, kind]): [string, unknown, string, string, string] => [
      'metadata.modified',
      { metadata: { other: '1', modified: value } },
      `for 'metadata.modified': expected a string, but got ${kind}`,
      'metadata.modified',
      'invalid_type',
    ]),
  ])('refuses the wrong type of %s: %j', async (_, body, message, param, code) => {
    const { message: stored, path } = await aMessageWith({ a: '1' });

    const answer = await app.a.post(path, body);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refusal(`Invalid type ${message} instead.`, param, code));
    expect(ok(await app.a.get(path))).toEqual(stored);
  });

  it.each(['role', 'content', 'attachments', 'status', 'file_ids', 'id', 'created_at', 'run_id', 'constructor'])(
    'refuses the unknown field %s',
    async (name) => {
      const { message, path } = await aMessageWith({ a: '1' });

      const answer = await app.a.post(path, { metadata: { a: '2' }, [name]: 'x' });

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(refusal(`Unknown parameter: '${name}'.`, name, 'unknown_parameter'));
      expect(ok(await app.a.get(path))).toEqual(message);
    },
  );

  it.each<[string, object, string, string, string]>([
    [
      'a long value',
      { actual: FOUR_BYTES.repeat(513) },
      "Invalid 'metadata.actual': string too long. " +
        'Expected a string with maximum length 512, but got a string with length 513 instead.',
      'metadata.actual',
      'string_above_max_length',
    ],
    [
      'a long key',
      { ['k'.repeat(65)]: '' },
      `Invalid property name in 'metadata': '${'k'.repeat(65)}' is too long. ` +
        'Expected a string with maximum length 64, but got a string with length 65 instead.',
      `metadata.${'k'.repeat(65)}`,
      'property_name_above_max_length',
    ],
    [
      'U+0000',
      { key: '\u0000' },
      "Invalid 'metadata.key': the string contains the character U+0000, which cannot be stored.",
      'metadata.key',
      'invalid_string',
    ],
    [
      'an unpaired surrogate',
      { key: '\udfff' },
      "Invalid 'metadata.key': the string contains an unpaired surrogate, which cannot be stored.",
      'metadata.key',
      'invalid_string',
    ],
  ])('refuses metadata with %s', async (_, metadata, text, param, code) => {
    const { message, path } = await aMessageWith({ a: '1' });

    const answer = await app.a.post(path, { metadata });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refusal(text, param, code));
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it("hides another project's message, and does not change it", async () => {
    const { message, path } = await aMessageWith({ a: '1' });
    const thread = await aThread(app.b);

    const inPlace = await app.b.post(path, { metadata: { a: '2' } });
    const underOwn = await app.b.post(`/v1/threads/${thread.id}/messages/${message.id}`, { metadata: { a: '2' } });

    expect([inPlace.status, underOwn.status]).toEqual([404, 404]);
    expect(inPlace.body).toEqual(noThread(threadId));
    expect(underOwn.body).toEqual(noMessage(message.id));
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it('says 404 for a message under another thread, and does not change it', async () => {
    const { message, path } = await aMessageWith({ a: '1' });
    const other = await aThread(app.a);

    const answer = await app.a.post(`/v1/threads/${other.id}/messages/${message.id}`, { metadata: { a: '2' } });

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noMessage(message.id));
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it('says 404 for an unknown message, a deleted one and an unknown thread', async () => {
    const { message, path } = await aMessageWith({});
    ok(await app.a.delete(path));

    const unknown = await app.a.post(`/v1/threads/${threadId}/messages/msg_unknown`, { metadata: {} });
    const deleted = await app.a.post(path, { metadata: { a: '1' } });
    const noSuchThread = await app.a.post('/v1/threads/thread_unknown/messages/msg_unknown', {});

    expect([unknown.status, deleted.status, noSuchThread.status]).toEqual([404, 404, 404]);
    expect(unknown.body).toEqual(noMessage('msg_unknown'));
    expect(deleted.body).toEqual(noMessage(message.id));
    expect(noSuchThread.body).toEqual(noThread('thread_unknown'));
  });

  it.each([
    ['undefined', 'undefined', 'thread_id', 'thread'],
    ['thread_unknown', 'undefined', 'message_id', 'msg'],
  ])('refuses the malformed one of %s and %s, the thread first', async (thread, message, param, prefix) => {
    const answer = await app.a.post(`/v1/threads/${thread}/messages/${message}`, { metadata: {} });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid '${param}': 'undefined'. Expected an ID that begins with '${prefix}'.`, param, 'invalid_value'),
    );
  });

  it.each([
    ['undefined', 'undefined'],
    ['thread_unknown', 'msg_unknown'],
  ])('checks the body before the ids %s and %s', async (thread, message) => {
    const answer = await app.a.post(`/v1/threads/${thread}/messages/${message}`, { role: 'user' });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refusal("Unknown parameter: 'role'.", 'role', 'unknown_parameter'));
  });
});
