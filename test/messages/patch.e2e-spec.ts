import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok, refusal } from '../support/build.js';

const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' };

const pairs = (count: number, value: string | null = 'old'): Record<string, string | null> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i + 1}`, value]));

describe('PATCH /v1/threads/{thread_id}/messages/{message_id}', () => {
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

  it.each(['/v1', ''])(
    'removes, changes and adds keys, and leaves the other 13 fields alone under "%s"',
    async (prefix) => {
      const message = await aMessage(app.a, threadId, {
        role: 'assistant',
        content: [{ type: 'image_file', image_file: { file_id: 'file-a' } }],
        attachments: [{ file_id: 'file-a', tools: [{ type: 'file_search' }] }],
        metadata: { removed: '1', kept: '1', changed: '1' },
      });

      const answer = await app.a.patch(
        `${prefix}/threads/${threadId}/messages/${message.id}`,
        { metadata: { removed: null, changed: '2', added: '2' } },
        MERGE_PATCH,
      );

      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ ...message, metadata: { kept: '1', changed: '2', added: '2' } });
      expect(ok(await app.a.get(`/v1/threads/${threadId}/messages/${message.id}`))).toEqual(answer.body);
    },
  );

  it.each([
    'application/merge-patch+json',
    'application/merge-patch+json; charset=utf-8',
    'Application/JSON',
    'application/json;charset="UTF-8"',
  ])('reads a body of type %s', async (type) => {
    const { message, path } = await aMessageWith({ a: '1', b: '2' });

    const answer = await app.a.patch(path, { metadata: { a: null } }, { 'content-type': type });

    expect(ok(answer)).toEqual({ ...message, metadata: { b: '2' } });
  });

  it.each(['text/plain', 'application/json-patch+json', 'application/merge-patch+json; charset=latin1'])(
    'refuses a body of type %s',
    async (type) => {
      const { message, path } = await aMessageWith({ a: '1' });

      const answer = await app.a.patch(path, { metadata: { a: null } }, { 'content-type': type });

      expect(answer.status).toBe(415);
      expect(answer.body).toEqual(
        refusal(
          'Unsupported media type. The body must be sent as application/merge-patch+json or application/json, in UTF-8.',
          null,
          'unsupported_media_type',
        ),
      );
      expect(ok(await app.a.get(path))).toEqual(message);
    },
  );

  it('removes all keys when metadata is null', async () => {
    const { message, path } = await aMessageWith(pairs(16));

    const answer = await app.a.patch(path, { metadata: null }, MERGE_PATCH);

    expect(ok(answer)).toEqual({ ...message, metadata: {} });
    expect(ok(await app.a.get(path))).toEqual(answer.body);
  });

  it.each([undefined, {}, { metadata: {} }, { metadata: { unknown: null } }])(
    'changes nothing when it is sent %j',
    async (body) => {
      const { message, path } = await aMessageWith({ a: '1' });

      const answer = await app.a.patch(path, body, body && MERGE_PATCH);

      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(message);
    },
  );

  it('gives the same answer when it is sent twice', async () => {
    const { path } = await aMessageWith({ a: '1', b: '1' });

    const first = ok(await app.a.patch(path, { metadata: { a: null, b: '2' } }, MERGE_PATCH));
    const second = ok(await app.a.patch(path, { metadata: { a: null, b: '2' } }, MERGE_PATCH));

    expect(second).toEqual(first);
  });

  it('makes room in a full map by what it removes', async () => {
    const { message, path } = await aMessageWith(pairs(16));

    const answer = await app.a.patch(path, { metadata: { ...pairs(16, null), new1: '1', new2: '' } }, MERGE_PATCH);

    expect(ok(answer)).toEqual({ ...message, metadata: { new1: '1', new2: '' } });
  });

  it.each([
    [16, { added: '1' }, 17],
    [16, { key1: null, unknown: null, added: '1', second: '2' }, 17],
    [0, pairs(24), 24],
  ])('refuses more than 16 pairs, patched into %i, and changes nothing', async (stored, metadata, count) => {
    const { message, path } = await aMessageWith(pairs(stored));

    const answer = await app.a.patch(path, { metadata }, MERGE_PATCH);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, " +
          `but got an object with ${count} properties instead.`,
        'metadata',
        'object_above_max_properties',
      ),
    );
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it.each<[unknown, string, string | null, string]>([
    [null, 'Invalid type for the request body: expected an object, but got null instead.', null, 'invalid_type'],
    [
      [{ op: 'remove', path: '/metadata/a' }],
      'Invalid type for the request body: expected an object, but got an array instead.',
      null,
      'invalid_type',
    ],
    [
      { metadata: 'a' },
      "Invalid type for 'metadata': expected an object, but got a string instead.",
      'metadata',
      'invalid_type',
    ],
    [
      { metadata: { a: null, b: { c: null } } },
      "Invalid type for 'metadata.b': expected a string, but got an object instead.",
      'metadata.b',
      'invalid_type',
    ],
    [
      { metadata: { a: false } },
      "Invalid type for 'metadata.a': expected a string, but got a boolean instead.",
      'metadata.a',
      'invalid_type',
    ],
    [{ metadata: { a: null }, role: null }, "Unknown parameter: 'role'.", 'role', 'unknown_parameter'],
    [{ content: 'Bye' }, "Unknown parameter: 'content'.", 'content', 'unknown_parameter'],
    [
      { metadata: { a: 'v'.repeat(513) } },
      "Invalid 'metadata.a': string too long. " +
        'Expected a string with maximum length 512, but got a string with length 513 instead.',
      'metadata.a',
      'string_above_max_length',
    ],
    [
      { metadata: { ['k'.repeat(65)]: null } },
      `Invalid property name in 'metadata': '${'k'.repeat(65)}' is too long. ` +
        'Expected a string with maximum length 64, but got a string with length 65 instead.',
      `metadata.${'k'.repeat(65)}`,
      'property_name_above_max_length',
    ],
    [
      { metadata: { 'a\u0000': null } },
      "Invalid 'metadata.a\u0000': the string contains the character U+0000, which cannot be stored.",
      'metadata.a\u0000',
      'invalid_string',
    ],
    [
      { metadata: { '\ud800': null } },
      "Invalid 'metadata.\ufffd': the string contains an unpaired surrogate, which cannot be stored.",
      'metadata.\ufffd',
      'invalid_string',
    ],
  ])('refuses %j, and changes nothing', async (body, text, param, code) => {
    const { message, path } = await aMessageWith({ a: '1' });

    const answer = await app.a.patch(path, body, MERGE_PATCH);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refusal(text, param, code));
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it("hides another project's message, and does not change it", async () => {
    const { message, path } = await aMessageWith({ a: '1' });
    const thread = await aThread(app.b);

    const inPlace = await app.b.patch(path, { metadata: null });
    const underOwn = await app.b.patch(`/v1/threads/${thread.id}/messages/${message.id}`, { metadata: null });

    expect([inPlace.status, underOwn.status]).toEqual([404, 404]);
    expect(inPlace.body).toEqual(noThread(threadId));
    expect(underOwn.body).toEqual(noMessage(message.id));
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it('says 404 for a message under another thread, and does not change it', async () => {
    const { message, path } = await aMessageWith({ a: '1' });
    const other = await aThread(app.a);

    const answer = await app.a.patch(`/v1/threads/${other.id}/messages/${message.id}`, { metadata: null });

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noMessage(message.id));
    expect(ok(await app.a.get(path))).toEqual(message);
  });

  it('says 404 for an unknown message, a deleted one and an unknown thread', async () => {
    const { message, path } = await aMessageWith({});
    ok(await app.a.delete(path));

    const unknown = await app.a.patch(`/v1/threads/${threadId}/messages/msg_unknown`, { metadata: null });
    const deleted = await app.a.patch(path, { metadata: { a: '1' } });
    const noSuchThread = await app.a.patch('/v1/threads/thread_unknown/messages/msg_unknown', {});

    expect([unknown.status, deleted.status, noSuchThread.status]).toEqual([404, 404, 404]);
    expect(unknown.body).toEqual(noMessage('msg_unknown'));
    expect(deleted.body).toEqual(noMessage(message.id));
    expect(noSuchThread.body).toEqual(noThread('thread_unknown'));
  });

  it.each([
    ['undefined', 'undefined', 'thread_id', 'thread'],
    ['thread_unknown', 'undefined', 'message_id', 'msg'],
  ])('refuses the malformed one of %s and %s, the thread first', async (thread, message, param, prefix) => {
    const answer = await app.a.patch(`/v1/threads/${thread}/messages/${message}`, { metadata: null });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid '${param}': 'undefined'. Expected an ID that begins with '${prefix}'.`, param, 'invalid_value'),
    );
  });

  it('checks the body before the ids', async () => {
    const answer = await app.a.patch('/v1/threads/undefined/messages/undefined', { role: null });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refusal("Unknown parameter: 'role'.", 'role', 'unknown_parameter'));
  });
});
