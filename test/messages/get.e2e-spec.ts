import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok, refusal } from '../support/build.js';

describe('GET /v1/threads/{thread_id}/messages/{message_id}', () => {
  let app: TestApp;
  let threadId: string;

  beforeAll(async () => {
    app = await startApp();
    threadId = (await aThread(app.a)).id;
  });

  afterAll(() => app.close());

  it.each(['/v1', ''])('answers with all 14 fields under "%s"', async (prefix) => {
    const attachments = [{ file_id: 'file-a', tools: [{ type: 'code_interpreter' }] }];
    const { id, created_at } = await aMessage(app.a, threadId, {
      role: 'assistant',
      attachments,
      metadata: { user: 'abc' },
    });

    const answer = await app.a.get(`${prefix}/threads/${threadId}/messages/${id}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id,
      object: 'thread.message',
      created_at,
      thread_id: threadId,
      status: 'completed',
      incomplete_details: null,
      completed_at: created_at,
      incomplete_at: null,
      role: 'assistant',
      content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
      assistant_id: null,
      run_id: null,
      attachments,
      metadata: { user: 'abc' },
    });
  });

  it('finds the messages that a thread was made with', async () => {
    const thread = await aThread(app.a, { messages: [{ role: 'user', content: 'Hello' }] });
    const list = ok(await app.a.get(`/v1/threads/${thread.id}/messages`));

    const answer = await app.a.get(`/v1/threads/${thread.id}/messages/${list.first_id}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(list.data[0]);
  });

  it("hides another project's message, in its thread and under one's own", async () => {
    const message = await aMessage(app.a, threadId);
    const thread = await aThread(app.b);

    const inPlace = await app.b.get(`/v1/threads/${threadId}/messages/${message.id}`);
    const underOwn = await app.b.get(`/v1/threads/${thread.id}/messages/${message.id}`);

    expect([inPlace.status, underOwn.status]).toEqual([404, 404]);
    expect(inPlace.body).toEqual(noThread(threadId));
    expect(underOwn.body).toEqual(noMessage(message.id));
  });

  it('says 404 for a message under another thread', async () => {
    const message = await aMessage(app.a, threadId);
    const other = await aThread(app.a);

    const answer = await app.a.get(`/v1/threads/${other.id}/messages/${message.id}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noMessage(message.id));
  });

  it.each(['msg_unknown', 'msg_6d2f1ab0-31c9-4a57-9c1c-0b9d43a6a4d2', 'msg', "msg_'%22%20OR%201=1"])(
    'says 404 for the unknown message %s',
    async (id) => {
      const answer = await app.a.get(`/v1/threads/${threadId}/messages/${id}`);

      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(noMessage(decodeURIComponent(id)));
    },
  );

  it('names the thread when neither is known', async () => {
    const answer = await app.a.get('/v1/threads/thread_unknown/messages/msg_unknown');

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread('thread_unknown'));
  });

  it('says 404 for a deleted message and for one of a deleted thread', async () => {
    const thread = await aThread(app.a);
    const deleted = await aMessage(app.a, thread.id);
    const kept = await aMessage(app.a, thread.id);
    ok(await app.a.delete(`/v1/threads/${thread.id}/messages/${deleted.id}`));

    const ofDeleted = await app.a.get(`/v1/threads/${thread.id}/messages/${deleted.id}`);
    ok(await app.a.delete(`/v1/threads/${thread.id}`));
    const ofDeletedThread = await app.a.get(`/v1/threads/${thread.id}/messages/${kept.id}`);

    expect([ofDeleted.status, ofDeletedThread.status]).toEqual([404, 404]);
    expect(ofDeleted.body).toEqual(noMessage(deleted.id));
    expect(ofDeletedThread.body).toEqual(noThread(thread.id));
  });

  it.each([
    ['undefined', 'undefined', 'thread_id', 'undefined', 'thread'],
    ['msg_a', 'thread_a', 'thread_id', 'msg_a', 'thread'],
    ['thread_unknown', 'undefined', 'message_id', 'undefined', 'msg'],
    ['thread_unknown', 'MSG_a', 'message_id', 'MSG_a', 'msg'],
  ])('refuses the malformed one of %s and %s, the thread first', async (thread, message, param, id, prefix) => {
    const answer = await app.a.get(`/v1/threads/${thread}/messages/${message}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid '${param}': '${id}'. Expected an ID that begins with '${prefix}'.`, param, 'invalid_value'),
    );
  });

  it.each([
    ['thread_%00', 'msg_a', noThread('thread_\u0000')],
    ['thread_unknown', 'msg_%00', noMessage('msg_\u0000')],
  ])('finds nothing under ids with U+0000: %s and %s', async (thread, message, expected) => {
    const answer = await app.a.get(`/v1/threads/${thread}/messages/${message}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(expected);
  });
});
