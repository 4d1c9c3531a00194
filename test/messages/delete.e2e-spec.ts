import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok, refusal } from '../support/build.js';

describe('DELETE /v1/threads/{thread_id}/messages/{message_id}', () => {
  let app: TestApp;
  let threadId: string;

  beforeAll(async () => {
    app = await startApp();
    threadId = (await aThread(app.a)).id;
  });

  afterAll(() => app.close());

  it.each(['/v1', ''])('says what it deleted under "%s"', async (prefix) => {
    const { id } = await aMessage(app.a, threadId);

    const answer = await app.a.delete(`${prefix}/threads/${threadId}/messages/${id}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id, object: 'thread.message.deleted', deleted: true });
  });

  it('needs no body, even when one of JSON is announced', async () => {
    const { id } = await aMessage(app.a, threadId);

    const answer = await app.a.delete(`/v1/threads/${threadId}/messages/${id}`, { 'content-type': 'application/json' });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id, object: 'thread.message.deleted', deleted: true });
  });

  it('takes the message out of the list, and no other', async () => {
    const thread = await aThread(app.a);
    const path = `/v1/threads/${thread.id}/messages`;
    const first = await aMessage(app.a, thread.id);
    const second = await aMessage(app.a, thread.id);
    const third = await aMessage(app.a, thread.id);

    ok(await app.a.delete(`${path}/${second.id}`));
    const withoutSecond = ok(await app.a.get(path));
    ok(await app.a.delete(`${path}/${third.id}`));
    const withoutThird = ok(await app.a.get(path));

    const envelope = { object: 'list', has_more: false };
    expect(withoutSecond).toEqual({ ...envelope, data: [third, first], first_id: third.id, last_id: first.id });
    expect(withoutThird).toEqual({ ...envelope, data: [first], first_id: first.id, last_id: first.id });
  });

  it('leaves an empty thread that can be written to again', async () => {
    const thread = await aThread(app.a);
    const path = `/v1/threads/${thread.id}/messages`;
    ok(await app.a.delete(`${path}/${(await aMessage(app.a, thread.id)).id}`));

    const empty = ok(await app.a.get(path));
    const next = await aMessage(app.a, thread.id);

    expect(empty).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
    expect(ok(await app.a.get(path)).data).toEqual([next]);
    expect(ok(await app.a.get(`/v1/threads/${thread.id}`))).toEqual(thread);
  });

  it('keeps nothing of the message but its id and its place', async () => {
    const secret = 'words that have to go';
    const message = await aMessage(app.a, threadId, { content: secret, metadata: { secret } });

    ok(await app.a.delete(`/v1/threads/${threadId}/messages/${message.id}`));

    const rows = await app.database.query<{ row: string }>(
      `SELECT to_jsonb(messages)::text AS row FROM messages UNION ALL SELECT to_jsonb(message_tombstones)::text
       FROM message_tombstones`,
    );
    expect(rows.filter(({ row }) => row.includes(secret))).toEqual([]);
    expect(rows.filter(({ row }) => row.includes(message.id))).toHaveLength(1);
  });

  it('says 404 to every later request for the message', async () => {
    const { id } = await aMessage(app.a, threadId);
    const path = `/v1/threads/${threadId}/messages/${id}`;
    ok(await app.a.delete(path));

    const answers = [
      await app.a.delete(path),
      await app.a.get(path),
      await app.a.post(path, { metadata: { a: '1' } }),
      await app.a.patch(path, { metadata: null }),
    ];

    const gone = { status: 404, body: noMessage(id) };
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual([gone, gone, gone, gone]);
  });

  it("hides another project's message, and does not delete it", async () => {
    const message = await aMessage(app.a, threadId);
    const thread = await aThread(app.b);

    const inPlace = await app.b.delete(`/v1/threads/${threadId}/messages/${message.id}`);
    const underOwn = await app.b.delete(`/v1/threads/${thread.id}/messages/${message.id}`);

    expect([inPlace.status, underOwn.status]).toEqual([404, 404]);
    expect(inPlace.body).toEqual(noThread(threadId));
    expect(underOwn.body).toEqual(noMessage(message.id));
    expect(ok(await app.a.get(`/v1/threads/${threadId}/messages/${message.id}`))).toEqual(message);
  });

  it('says 404 for a message under another thread, and does not delete it', async () => {
    const message = await aMessage(app.a, threadId);
    const other = await aThread(app.a);

    const answer = await app.a.delete(`/v1/threads/${other.id}/messages/${message.id}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noMessage(message.id));
    expect(ok(await app.a.get(`/v1/threads/${threadId}/messages/${message.id}`))).toEqual(message);
  });

  it('says 404 for an unknown message, and names the thread when that is unknown or deleted', async () => {
    const deleted = await aThread(app.a);
    const { id } = await aMessage(app.a, deleted.id);
    ok(await app.a.delete(`/v1/threads/${deleted.id}`));

    const answers = [
      await app.a.delete(`/v1/threads/${threadId}/messages/msg_unknown`),
      await app.a.delete('/v1/threads/thread_unknown/messages/msg_unknown'),
      await app.a.delete(`/v1/threads/${deleted.id}/messages/${id}`),
    ];

    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual([
      { status: 404, body: noMessage('msg_unknown') },
      { status: 404, body: noThread('thread_unknown') },
      { status: 404, body: noThread(deleted.id) },
    ]);
  });

  it.each([
    ['undefined', 'undefined', 'thread_id', 'undefined', 'thread'],
    ['asst_a', 'msg_a', 'thread_id', 'asst_a', 'thread'],
    ['thread_unknown', '1234', 'message_id', '1234', 'msg'],
  ])('refuses the malformed one of %s and %s, the thread first', async (thread, message, param, id, prefix) => {
    const answer = await app.a.delete(`/v1/threads/${thread}/messages/${message}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid '${param}': '${id}'. Expected an ID that begins with '${prefix}'.`, param, 'invalid_value'),
    );
  });
});
