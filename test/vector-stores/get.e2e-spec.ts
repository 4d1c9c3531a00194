import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { aThread, refusal } from '../support/build.js';
import type { Client } from '../support/client.js';

const noVectorStore = (id: string): object => refusal(`No vector store found with id '${id}'.`);

async function aVectorStore(client: Client, description: object): Promise<{ id: string; createdAt: number }> {
  const thread = await aThread(client, { tool_resources: { file_search: { vector_stores: [description] } } });
  return { id: thread.tool_resources.file_search.vector_store_ids[0], createdAt: thread.created_at };
}

describe('GET /v1/vector_stores/{vector_store_id}', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it.each(['/v1/vector_stores', '/vector_stores'])('gives the record of a store with files, under %s', async (path) => {
    const { id, createdAt } = await aVectorStore(app.a, {
      file_ids: ['file-1', 'file-2', 'file-3'],
      chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } },
      metadata: { user: 'abc', empty: '' },
    });

    const answer = await app.a.get(`${path}/${id}`);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id,
      object: 'vector_store',
      created_at: createdAt,
      name: '',
      usage_bytes: 0,
      file_counts: { in_progress: 3, completed: 0, failed: 0, cancelled: 0, total: 3 },
      status: 'in_progress',
      expires_at: null,
      last_active_at: createdAt,
      metadata: { user: 'abc', empty: '' },
    });
  });

  it.each([
    ['nothing', {}],
    ['no files and null metadata', { file_ids: [], metadata: null }],
  ])('gives the record of a store that was made of %s', async (_, description) => {
    const { id, createdAt } = await aVectorStore(app.a, description);

    expect((await app.a.get(`/v1/vector_stores/${id}`)).body).toEqual({
      id,
      object: 'vector_store',
      created_at: createdAt,
      name: '',
      usage_bytes: 0,
      file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
      status: 'completed',
      expires_at: null,
      last_active_at: createdAt,
      metadata: {},
    });
  });

  it.each([
    ['auto when it is left out', undefined, { type: 'auto' }],
    ['auto', { type: 'auto' }, undefined],
    [
      'the smallest chunks',
      { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 0 } },
      undefined,
    ],
    ['the largest', { type: 'static', static: { max_chunk_size_tokens: 4096, chunk_overlap_tokens: 2048 } }, undefined],
    [
      'half of an odd size',
      { type: 'static', static: { max_chunk_size_tokens: 101, chunk_overlap_tokens: 50 } },
      undefined,
    ],
  ])('keeps the files and the chunking strategy: %s', async (_, chunking_strategy, stored = chunking_strategy) => {
    const { id } = await aVectorStore(app.a, { file_ids: ['file-2', 'file-1'], chunking_strategy });

    const rows = await app.database.query('SELECT file_ids, chunking_strategy FROM vector_stores WHERE id = $1', [id]);
    expect(rows).toEqual([{ file_ids: ['file-2', 'file-1'], chunking_strategy: stored }]);
  });

  it('keeps the names of 5,000 files', async () => {
    const { id } = await aVectorStore(app.a, { file_ids: Array.from({ length: 5_000 }, (_, i) => `file-${i}`) });

    expect((await app.a.get(`/v1/vector_stores/${id}`)).body.file_counts).toEqual({
      in_progress: 5_000,
      completed: 0,
      failed: 0,
      cancelled: 0,
      total: 5_000,
    });
  });

  it('knows no store that a thread merely refers to', async () => {
    await aThread(app.a, { tool_resources: { file_search: { vector_store_ids: ['vs_elsewhere'] } } });

    const answer = await app.a.get('/v1/vector_stores/vs_elsewhere');

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noVectorStore('vs_elsewhere'));
  });

  it("hides another project's store as one that does not exist", async () => {
    const { id } = await aVectorStore(app.a, {});

    const answer = await app.b.get(`/v1/vector_stores/${id}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noVectorStore(id));
  });

  it.each(['vs_00000000000000000000000000000000', 'vs_', 'vs_\u0000'])('finds no store with id %j', async (id) => {
    const answer = await app.a.get(`/v1/vector_stores/${encodeURIComponent(id)}`);

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noVectorStore(id));
  });

  it.each(['undefined', '1234', 'file-abc123', 'thread_abc123'])('refuses the malformed id %j', async (id) => {
    const answer = await app.a.get(`/v1/vector_stores/${id}`);

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(
        `Invalid 'vector_store_id': '${id}'. Expected an ID that begins with 'vs'.`,
        'vector_store_id',
        'invalid_value',
      ),
    );
  });
});
