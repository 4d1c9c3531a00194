// What one door stores the other shows. Breaks when a field is mapped to another one, or is left out, on either way.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { messageAsGrpc, threadAsGrpc } from '../support/as-grpc.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

let app: GrpcTestApp;

beforeAll(async () => {
  app = await startGrpcApp();
});

afterAll(() => app.close());

const httpThread = async (id: string) => ok(await app.a.get(`/v1/threads/${id}`));
const httpMessage = async (threadId: string, id: string) =>
  ok(await app.a.get(`/v1/threads/${threadId}/messages/${id}`));

/** Keys that mean something to JavaScript, and text beyond ASCII. */
const METADATA = { user: 'abc123', ['__proto__']: 'a key like others', constructor: '', 'schlüssel 🔑': 'wért' };

const HTTP_MESSAGE = {
  role: 'assistant',
  content: [
    { type: 'text', text: 'Ünï 🙂' },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    { type: 'image_url', image_url: { url: 'https://example.com/b.png', detail: 'low' } },
    { type: 'image_file', image_file: { file_id: 'file-c', detail: 'high' } },
  ],
  attachments: [
    { file_id: 'file-d', tools: [{ type: 'code_interpreter' }, { type: 'file_search' }] },
    { file_id: 'file-e', tools: [] },
  ],
  metadata: METADATA,
};

const GRPC_MESSAGE = {
  role: 'ROLE_ASSISTANT',
  content: [
    { text: { value: 'Ünï 🙂' } },
    { image_url: { url: 'https://example.com/a.png' } },
    { image_url: { url: 'https://example.com/b.png', detail: 'IMAGE_DETAIL_LOW' } },
    { image_file: { file_id: 'file-c', detail: 'IMAGE_DETAIL_HIGH' } },
  ],
  attachments: [
    { file_id: 'file-d', tools: ['TOOL_CODE_INTERPRETER', 'TOOL_FILE_SEARCH'] },
    { file_id: 'file-e', tools: [] },
  ],
  metadata: METADATA,
};

/** The parts of a message that its sender chooses. */
const said = ({ role, content, attachments, metadata }: Record<string, unknown>): object => ({
  role,
  content,
  attachments,
  metadata,
});

describe('a thread', () => {
  it('that is made by gRPC is the same by HTTP, with its messages', async () => {
    const made = await app.grpc.a.ok('Threads.CreateThread', {
      messages: [GRPC_MESSAGE, { role: 'ROLE_USER', content: [{ text: { value: 'And now?' } }] }],
      metadata: METADATA,
      tool_resources: {
        code_interpreter: { file_ids: ['file-f'] },
        file_search: { vector_store_ids: ['vs_abc123'] },
      },
    });

    const thread = await httpThread(made.id);
    expect(made).toEqual(threadAsGrpc(thread, 1));
    expect(thread).toMatchObject({
      metadata: METADATA,
      tool_resources: {
        code_interpreter: { file_ids: ['file-f'] },
        file_search: { vector_store_ids: ['vs_abc123'] },
      },
    });
    const { data } = ok(await app.a.get(`/v1/threads/${made.id}/messages?order=asc`));
    const other = await aThread(app.a, { messages: [HTTP_MESSAGE, { role: 'user', content: 'And now?' }] });
    const others = ok(await app.a.get(`/v1/threads/${other.id}/messages?order=asc`)).data;
    expect(data.map(said)).toEqual(others.map(said));
  });

  it('that is made by HTTP is the same by gRPC', async () => {
    const thread = await aThread(app.a, {
      metadata: METADATA,
      tool_resources: { code_interpreter: { file_ids: [] } },
    });

    expect(await app.grpc.a.ok('Threads.GetThread', { thread_id: thread.id })).toEqual(threadAsGrpc(thread, 1));
  });

  it('of nothing is the same by both', async () => {
    const made = await app.grpc.a.ok('Threads.CreateThread');

    expect(await httpThread(made.id)).toMatchObject({ metadata: {}, tool_resources: {} });
    expect(made).toEqual(threadAsGrpc(await httpThread(made.id), 1));
  });

  it.each([
    ['auto', { auto: {} }, { type: 'auto' }],
    ['no', {}, { type: 'auto' }],
    [
      'static',
      { static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 0 } },
      { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 0 } },
    ],
  ])('makes its vector store, with %s chunking', async (_, strategy, stored) => {
    const made = await app.grpc.a.ok('Threads.CreateThread', {
      tool_resources: {
        file_search: { vector_stores: [{ file_ids: ['file-a', 'file-b'], metadata: METADATA, ...strategy }] },
      },
    });

    const thread = await httpThread(made.id);
    const [id] = thread.tool_resources.file_search.vector_store_ids;
    expect(made).toEqual(threadAsGrpc(thread, 1));
    expect(ok(await app.a.get(`/v1/vector_stores/${id}`))).toMatchObject({
      metadata: METADATA,
      file_counts: { total: 2 },
    });
    const rows = await app.database.query<{ chunking_strategy: object }>(
      'SELECT chunking_strategy FROM vector_stores WHERE id = $1',
      [id],
    );
    expect(rows).toEqual([{ chunking_strategy: stored }]);
  });

  it('that is deleted by gRPC is gone by HTTP', async () => {
    const { id } = await aThread(app.a);

    expect(await app.grpc.a.ok('Threads.DeleteThread', { thread_id: id })).toEqual({ id });
    expect((await app.a.get(`/v1/threads/${id}`)).status).toBe(404);
  });
});

describe('a message', () => {
  it('that is added by gRPC is the same by HTTP, and as if it were added there', async () => {
    const thread = await aThread(app.a);

    const made = await app.grpc.a.ok('Messages.CreateMessage', { thread_id: thread.id, message: GRPC_MESSAGE });
    const message = await httpMessage(thread.id, made.id);
    const other = await aMessage(app.a, thread.id, HTTP_MESSAGE);

    expect(made).toEqual(messageAsGrpc(message, 1));
    expect(said(message)).toEqual(said(other));
    expect(await app.grpc.a.ok('Messages.GetMessage', { thread_id: thread.id, message_id: other.id })).toEqual(
      messageAsGrpc(other, 1),
    );
  });

  it('that is deleted by gRPC is gone by HTTP', async () => {
    const thread = await aThread(app.a);
    const { id } = await aMessage(app.a, thread.id);

    expect(await app.grpc.a.ok('Messages.DeleteMessage', { thread_id: thread.id, message_id: id })).toEqual({ id });
    expect((await app.a.get(`/v1/threads/${thread.id}/messages/${id}`)).status).toBe(404);
  });
});

const cursors = (ids: readonly string[]) =>
  [
    [{ after: ids[1]!, limit: 2 }, `after=${ids[1]}&limit=2`],
    [{ before: ids[3]!, limit: 2 }, `before=${ids[3]}&limit=2`],
    [{ after: ids[3]!, before: ids[0]!, order: 'ORDER_DESC' }, `after=${ids[3]}&before=${ids[0]}`],
  ] as const;

describe('a list', () => {
  const QUERIES = [
    [{}, ''],
    [{ limit: 2 }, 'limit=2'],
    [{ limit: 2, order: 'ORDER_ASC' }, 'limit=2&order=asc'],
    [{ order: 'ORDER_DESC', limit: 100 }, 'order=desc&limit=100'],
  ] as const;

  it('of messages is the same by both', async () => {
    const thread = await aThread(app.a);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await aMessage(app.a, thread.id, { content: `${n}` })).id);

    for (const [query, text] of [...QUERIES, ...cursors(ids)]) {
      const { data, has_more } = ok(await app.a.get(`/v1/threads/${thread.id}/messages?${text}`));
      const page = await app.grpc.a.ok('Messages.ListMessages', { thread_id: thread.id, ...query });

      expect([text, page]).toEqual([text, { messages: data.map((each: object) => messageAsGrpc(each, 1)), has_more }]);
    }
  });

  it('of threads is the same by both', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await aThread(app.a, { metadata: { list: 'yes', n: `${n}` } })).id);
    const now = (await httpThread(ids[0]!)).created_at;

    for (const [query, text] of [
      ...QUERIES,
      ...cursors(ids),
      [{ metadata: { list: 'yes', n: '3' } }, 'metadata[list]=yes&metadata[n]=3'],
      [{ created_after: { seconds: now - 1 } }, `created_after=${now - 1}`],
      [{ created_before: { seconds: now } }, `created_before=${now}`],
      // The API shows whole seconds: half a second after one is after it, and before the next.
      [{ created_after: { seconds: now - 1, nanos: 5e8 } }, `created_after=${now - 1}`],
      [{ created_before: { seconds: now, nanos: 5e8 } }, `created_before=${now + 1}`],
    ] as const) {
      const { data, has_more } = ok(await app.a.get(`/v1/threads?${text}`));
      const page = await app.grpc.a.ok('Threads.ListThreads', query);

      expect([text, page]).toEqual([text, { threads: data.map((each: object) => threadAsGrpc(each, 1)), has_more }]);
    }
  });
});
