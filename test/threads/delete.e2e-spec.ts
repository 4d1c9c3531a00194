import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok, refusal } from '../support/build.js';

describe('DELETE /v1/threads/{thread_id}', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it.each(['/v1/threads', '/threads'])('deletes a thread, under %s', async (path) => {
    const { id } = await aThread(app.a);

    const answer = await app.a.delete(`${path}/${id}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id, object: 'thread.deleted', deleted: true });
    expect((await app.a.get(`/v1/threads/${id}`)).body).toEqual(noThread(id));
  });

  it('deletes when an empty body is announced as JSON', async () => {
    const { id } = await aThread(app.a);

    const answer = await app.a.delete(`/v1/threads/${id}`, { 'content-type': 'application/json' });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id, object: 'thread.deleted', deleted: true });
  });

  it('leaves no content of the thread or its messages behind', async () => {
    const metadata = { secret: 'of the deleted' };
    const { id } = await aThread(app.a, { metadata, messages: [{ role: 'user', content: 'First', metadata }] });
    const message = await aMessage(app.a, id, { metadata });
    const early = await aMessage(app.a, id, { metadata });
    ok(await app.a.delete(`/v1/threads/${id}/messages/${early.id}`));

    ok(await app.a.delete(`/v1/threads/${id}`));

    const left = await app.database.query(
      `SELECT id FROM threads WHERE id = $1
       UNION ALL SELECT id FROM messages WHERE thread_id = $1
       UNION ALL SELECT id FROM message_tombstones WHERE thread_id = $1`,
      [id],
    );
    expect(left).toEqual([]);
    for (const path of ['', `/${message.id}`]) {
      const answer = await app.a.get(`/v1/threads/${id}/messages${path}`);
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(noThread(id));
    }
  });

  it('leaves the vector store that was made with the thread', async () => {
    const thread = await aThread(app.a, { tool_resources: { file_search: { vector_stores: [{}] } } });
    const path = `/v1/vector_stores/${thread.tool_resources.file_search.vector_store_ids[0]}`;
    const store = ok(await app.a.get(path));

    ok(await app.a.delete(`/v1/threads/${thread.id}`));

    expect((await app.a.get(path)).body).toEqual(store);
  });

  it('leaves other threads and their messages', async () => {
    const { id } = await aThread(app.a);
    const other = await aThread(app.a);
    const message = await aMessage(app.a, other.id);

    ok(await app.a.delete(`/v1/threads/${id}`));

    expect((await app.a.get(`/v1/threads/${other.id}`)).body).toEqual(other);
    expect((await app.a.get(`/v1/threads/${other.id}/messages/${message.id}`)).body).toEqual(message);
  });

  it("hides another project's thread as one that does not exist, and leaves it", async () => {
    const thread = await aThread(app.a);

    const answer = await app.b.delete(`/v1/threads/${thread.id}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(thread.id));
    expect((await app.a.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it.each(['thread_000000000000000000000000', 'thread_%', 'thread_\u0000'])(
    'finds no thread with id %j',
    async (id) => {
      const answer = await app.a.delete(`/v1/threads/${encodeURIComponent(id)}`);

      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(noThread(id));
    },
  );

  it.each(['undefined', '1234', 'msg_abc123'])('refuses the malformed id %j', async (id) => {
    const answer = await app.a.delete(`/v1/threads/${id}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid 'thread_id': '${id}'. Expected an ID that begins with 'thread'.`, 'thread_id', 'invalid_value'),
    );
  });

  it('deletes once: of parallel requests one succeeds, the others find no thread', async () => {
    const { id } = await aThread(app.a);

    const answers = await Promise.all(Array.from({ length: 8 }, () => app.a.delete(`/v1/threads/${id}`)));

    expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, ...Array(7).fill(404)]);
    for (const { body } of answers.filter(({ status }) => status === 404)) expect(body).toEqual(noThread(id));
  });
});
