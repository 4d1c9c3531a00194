import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok, refusal } from '../support/build.js';

describe('GET /v1/threads/{thread_id}', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it.each(['/v1/threads', '/threads'])('gives the thread as it was made, under %s', async (path) => {
    const metadata = { user: 'abc', topic: '' };
    const tool_resources = { code_interpreter: { file_ids: ['file-1', 'file-2'] } };
    const { id, created_at } = await aThread(app.a, { metadata, tool_resources });

    const answer = await app.a.get(`${path}/${id}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id, object: 'thread', created_at, metadata, tool_resources });
  });

  it('gives {} for metadata and tool_resources that were never set', async () => {
    const { id, created_at } = await aThread(app.a);

    const { body } = await app.a.get(`/v1/threads/${id}`);

    expect(body).toEqual({ id, object: 'thread', created_at, metadata: {}, tool_resources: {} });
  });

  it('gives the same thread after a message was added', async () => {
    const thread = await aThread(app.a);
    await aMessage(app.a, thread.id);

    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it("hides another project's thread as one that does not exist", async () => {
    const thread = await aThread(app.a);

    const answer = await app.b.get(`/v1/threads/${thread.id}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(thread.id));
  });

  it('refuses a thread that was deleted', async () => {
    const { id } = await aThread(app.a);
    ok(await app.a.delete(`/v1/threads/${id}`));

    const answer = await app.a.get(`/v1/threads/${id}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(id));
  });

  it.each([
    'thread_000000000000000000000000',
    'thread_6f1b9f0e-3f0c-4b0a-9a51-5a3f4f6f4f6f',
    'thread_',
    'thread_%',
    "thread_' OR true --",
    'thread_../../health/live',
    'thread_😀',
    'thread_\u0000',
  ])('finds no thread with id %j', async (id) => {
    const answer = await app.a.get(`/v1/threads/${encodeURIComponent(id)}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(id));
  });

  it('finds a thread by its exact id only', async () => {
    const { id } = await aThread(app.a);

    for (const other of [`${id} `, `${id}0`, id.slice(0, -1), id.replace('thread_', 'thread_ ')]) {
      const answer = await app.a.get(`/v1/threads/${encodeURIComponent(other)}`);

      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(noThread(other));
    }
  });

  it.each([
    'undefined',
    'null',
    '1234',
    'new',
    'asst_abc123',
    'msg_abc123',
    'Thread_abc123',
    ' thread_abc',
    '\u0000',
    '%',
  ])('refuses the malformed id %j', async (id) => {
    const answer = await app.a.get(`/v1/threads/${encodeURIComponent(id)}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid 'thread_id': '${id}'. Expected an ID that begins with 'thread'.`, 'thread_id', 'invalid_value'),
    );
  });

  it('never takes an empty id for the list', async () => {
    const versioned = await app.a.get('/v1/threads/');
    const bare = await app.a.get('/threads/');

    expect(versioned.status).toBe(404);
    expect(versioned.body).toEqual(refusal('Invalid URL (GET /v1/threads/)'));
    expect(bare.status).toBe(404);
    expect(bare.body).toEqual(
      refusal(
        'Unknown request URL: GET /threads/. Please check the URL for typos, or see the docs at https://platform.openai.com/docs/api-reference/.',
        null,
        'unknown_url',
      ),
    );
  });
});
