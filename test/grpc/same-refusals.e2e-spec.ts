// What is wrong is refused by both doors with the same message, code, param and status. Breaks when a request of gRPC is
// not held against the rules of its DTO class, or is mapped to another shape.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aMessage, aThread } from '../support/build.js';
import { asHttp } from '../support/grpc-client.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

let app: GrpcTestApp;
let threadId: string;
let messageId: string;

beforeAll(async () => {
  app = await startGrpcApp();
  threadId = (await aThread(app.a)).id;
  messageId = (await aMessage(app.a, threadId)).id;
});

afterAll(() => app.close());

const LONG = 'x'.repeat(600);
const MANY = Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`key ${n}`, 'x']));
const text = (value: string): object => ({ text: { value } });
const times = (count: number, item: object): object[] => Array.from({ length: count }, () => item);

/** A message of gRPC beside one of HTTP, and where what is wrong stands. */
const MESSAGES: readonly (readonly [string, object, object])[] = [
  ['no role', { content: [text('x')] }, { content: [{ type: 'text', text: 'x' }] }],
  ['a role without a name', { role: 7, content: [text('x')] }, { role: '7', content: 'x' }],
  ['no content', { role: 1 }, { role: 'user', content: [] }],
  [
    'a part of nothing',
    { role: 1, content: [text('x'), {}] },
    { role: 'user', content: [{ type: 'text', text: 'x' }, {}] },
  ],
  ['empty text', { role: 1, content: [text('')] }, { role: 'user', content: [{ type: 'text', text: '' }] }],
  [
    'text that is too long',
    { role: 1, content: [text('🙂'.repeat(256_001))] },
    { role: 'user', content: [{ type: 'text', text: '🙂'.repeat(256_001) }] },
  ],
  ['text with U+0000', { role: 1, content: [text('a\0')] }, { role: 'user', content: [{ type: 'text', text: 'a\0' }] }],
  [
    'too many parts',
    { role: 1, content: times(501, text('x')) },
    { role: 'user', content: times(501, { type: 'text', text: 'x' }) },
  ],
  [
    'no address of an image',
    { role: 1, content: [{ image_url: { url: 'no address' } }] },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'no address' } }] },
  ],
  [
    'a detail without a name',
    { role: 1, content: [{ image_file: { file_id: 'file-a', detail: 9 } }] },
    { role: 'user', content: [{ type: 'image_file', image_file: { file_id: 'file-a', detail: '9' } }] },
  ],
  [
    'an empty id of a file',
    { role: 1, content: [{ image_file: {} }] },
    { role: 'user', content: [{ type: 'image_file', image_file: { file_id: '' } }] },
  ],
  [
    'an attachment with a tool of no kind',
    { role: 1, content: [text('x')], attachments: [{ file_id: 'file-a', tools: [0] }] },
    { role: 'user', content: 'x', attachments: [{ file_id: 'file-a', tools: [{}] }] },
  ],
  [
    'too many attachments',
    { role: 1, content: [text('x')], attachments: times(501, { file_id: 'file-a' }) },
    { role: 'user', content: 'x', attachments: times(501, { file_id: 'file-a', tools: [] }) },
  ],
  [
    'a value of metadata that is too long',
    { role: 1, content: [text('x')], metadata: { note: LONG } },
    { role: 'user', content: 'x', metadata: { note: LONG } },
  ],
  [
    'a key of metadata that is too long',
    { role: 1, content: [text('x')], metadata: { [LONG]: 'x' } },
    { role: 'user', content: 'x', metadata: { [LONG]: 'x' } },
  ],
];

describe('CreateMessage and createMessage', () => {
  it.each(MESSAGES)('refuse %s alike', async (_, sent, body) => {
    const byGrpc = await app.grpc.a.call('Messages.CreateMessage', { thread_id: threadId, message: sent });
    const byHttp = await app.a.post(`/v1/threads/${threadId}/messages`, body);

    expect(byHttp.status).toBe(400);
    expect([byGrpc.code, asHttp(byGrpc)]).toEqual(['INVALID_ARGUMENT', { status: 400, body: byHttp.body }]);
  });
});

const tools = (file_search: object): object => ({ tool_resources: { file_search } });
const store = (chunking: object): object => tools({ vector_stores: [{ file_ids: [], ...chunking }] });
const staticStore = (sizes: object): object => store({ chunking_strategy: { type: 'static', static: sizes } });

describe('CreateThread and createThread', () => {
  it.each([
    ...MESSAGES.map(
      ([name, sent, body]) => [`a message with ${name}`, { messages: [sent] }, { messages: [body] }] as const,
    ),
    [
      'too many messages',
      { messages: times(33, { role: 1, content: [text('x')] }) },
      { messages: times(33, { role: 'user', content: 'x' }) },
    ],
    ['too much metadata', { metadata: MANY }, { metadata: MANY }],
    [
      'too many files',
      { tool_resources: { code_interpreter: { file_ids: Array(21).fill('file-a') } } },
      { tool_resources: { code_interpreter: { file_ids: Array(21).fill('file-a') } } },
    ],
    ['two vector stores', tools({ vector_store_ids: ['a', 'b'] }), tools({ vector_store_ids: ['a', 'b'] })],
    [
      'a vector store that is there and is to be made',
      tools({ vector_store_ids: ['a'], vector_stores: [{}] }),
      tools({ vector_store_ids: ['a'], vector_stores: [{}] }),
    ],
    [
      'chunks that are too small',
      store({ static: { max_chunk_size_tokens: 99, chunk_overlap_tokens: 0 } }),
      staticStore({ max_chunk_size_tokens: 99, chunk_overlap_tokens: 0 }),
    ],
    [
      'chunks that overlap too far',
      store({ static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 51 } }),
      staticStore({ max_chunk_size_tokens: 100, chunk_overlap_tokens: 51 }),
    ],
    ['chunks without a size', store({ static: { chunk_overlap_tokens: 0 } }), staticStore({ chunk_overlap_tokens: 0 })],
  ])('refuse %s alike', async (_, sent, body) => {
    const byGrpc = await app.grpc.a.call('Threads.CreateThread', sent);
    const answer = await app.a.post('/v1/threads', body);

    expect(answer.status).toBe(400);
    expect([byGrpc.code, asHttp(byGrpc)]).toEqual(['INVALID_ARGUMENT', { status: 400, body: answer.body }]);
  });
});

const messageWith = (parts: object): object => ({ role: 1, content: [text('x')], ...parts });
const attachments = (count: number): object[] => times(count, { file_id: 'file-a' });

// Breaks when values are counted in the outermost message only, or after it was decoded: a million would take 10 seconds.
describe('more values than a request may have', () => {
  it.each([
    ['empty messages', { messages: times(1_000_000, {}) }],
    ['attachments in a message', { messages: [messageWith({ attachments: attachments(65_537) })] }],
    ['tools of an attachment', { messages: [messageWith({ attachments: [{ tools: Array(131_073).fill(1) }] })] }],
  ])('are refused as by HTTP: %s', async (_, request) => {
    const refused = await app.grpc.a.call('Threads.CreateThread', request);
    const { status, body } = await app.a.post('/v1/threads', { messages: times(131_073, {}) });

    expect([refused.code, asHttp(refused)]).toEqual(['INVALID_ARGUMENT', { status, body }]);
  });
});

describe('ModifyThread and ModifyMessage', () => {
  const PATCHES = [
    ['too much metadata', { metadata: { set: MANY } }, { metadata: MANY }],
    ['a key that is too long', { metadata: { remove: [LONG] } }, { metadata: { [LONG]: null } }],
    ['a value with U+0000', { metadata: { set: { a: '\0' } } }, { metadata: { a: '\0' } }],
  ] as const;

  it.each([
    ...PATCHES,
    [
      'two vector stores',
      { tool_resources: { file_search: { vector_store_ids: ['a', 'b'] } } },
      { tool_resources: { file_search: { vector_store_ids: ['a', 'b'] } } },
    ],
  ])('refuse %s of a thread as the merge patch does', async (_, change, patch) => {
    const byGrpc = await app.grpc.a.call('Threads.ModifyThread', { thread_id: threadId, ...change });
    const byHttp = await app.a.patch(`/v1/threads/${threadId}`, patch);

    expect([byGrpc.code, asHttp(byGrpc)]).toEqual(['INVALID_ARGUMENT', { status: 400, body: byHttp.body }]);
  });

  it.each(PATCHES)('refuse %s of a message as the merge patch does', async (_, change, patch) => {
    const ids = { thread_id: threadId, message_id: messageId };
    const byGrpc = await app.grpc.a.call('Messages.ModifyMessage', { ...ids, ...change });
    const byHttp = await app.a.patch(`/v1/threads/${threadId}/messages/${messageId}`, patch);

    expect([byGrpc.code, asHttp(byGrpc)]).toEqual(['INVALID_ARGUMENT', { status: 400, body: byHttp.body }]);
  });

  it('refuse metadata that became too large, which only the store can tell', async () => {
    const almost = Object.fromEntries(Object.entries(MANY).slice(1));
    const { id } = await aThread(app.a, { metadata: almost });

    const byGrpc = await app.grpc.a.call('Threads.ModifyThread', { thread_id: id, metadata: { set: { more: 'x' } } });
    const byHttp = await app.a.patch(`/v1/threads/${id}`, { metadata: { more: 'x' } });

    expect([byGrpc.code, asHttp(byGrpc)]).toEqual(['INVALID_ARGUMENT', { status: 400, body: byHttp.body }]);
  });
});

describe('the lists', () => {
  const QUERIES = [
    ['a limit of 0', { limit: 0 }, 'limit=0', 'INVALID_ARGUMENT'],
    ['a limit that is negative', { limit: -1 }, 'limit=-1', 'INVALID_ARGUMENT'],
    ['a limit that is too large', { limit: 101 }, 'limit=101', 'INVALID_ARGUMENT'],
    ['an order without a name', { order: 3 }, 'order=3', 'INVALID_ARGUMENT'],
    ['a cursor that is too long', { after: LONG }, `after=${LONG}`, 'INVALID_ARGUMENT'],
    ['an unknown cursor', { before: 'thread_none' }, 'before=thread_none', 'NOT_FOUND'],
  ] as const;

  it.each([
    ...QUERIES,
    ['a time before all times', { created_after: { seconds: -1 } }, 'created_after=-1', 'INVALID_ARGUMENT'],
    [
      'a time after all times',
      { created_before: { seconds: 253_402_300_799, nanos: 1 } },
      'created_before=253402300800',
      'INVALID_ARGUMENT',
    ],
    ['metadata that is too long', { metadata: { a: LONG } }, `metadata[a]=${LONG}`, 'INVALID_ARGUMENT'],
  ] as const)('of threads refuse %s alike', async (_, query, parameters, code) => {
    const byGrpc = await app.grpc.a.call('Threads.ListThreads', query);
    const { status, body } = await app.a.get(`/v1/threads?${parameters}`);

    expect([byGrpc.code, asHttp(byGrpc)]).toEqual([code, { status, body }]);
  });

  it.each(QUERIES)('of messages refuse %s alike', async (_, query, parameters, code) => {
    const byGrpc = await app.grpc.a.call('Messages.ListMessages', { thread_id: threadId, ...query });
    const { status, body } = await app.a.get(`/v1/threads/${threadId}/messages?${parameters}`);

    expect([byGrpc.code, asHttp(byGrpc)]).toEqual([code, { status, body }]);
  });
});

describe('what is not there', () => {
  const patch = { metadata: { set: { a: 'b' } } };
  const message = { role: 1, content: [text('x')] };

  it.each(['thread_none', 'msg_of_another_kind', ''])('is refused alike: thread %j', async (id) => {
    const asked = encodeURIComponent(id);
    const byHttp = await app.a.get(`/v1/threads/${asked || '%00'}`);
    const answers = await Promise.all([
      app.grpc.a.call('Threads.GetThread', { thread_id: id }),
      app.grpc.a.call('Threads.ModifyThread', { thread_id: id, ...patch }),
      app.grpc.a.call('Threads.DeleteThread', { thread_id: id }),
      app.grpc.a.call('Messages.ListMessages', { thread_id: id }),
      app.grpc.a.call('Messages.CreateMessage', { thread_id: id, message }),
      app.grpc.a.call('Messages.GetMessage', { thread_id: id, message_id: 'msg_none' }),
      app.grpc.a.call('Messages.ModifyMessage', { thread_id: id, message_id: 'msg_none', ...patch }),
      app.grpc.a.call('Messages.DeleteMessage', { thread_id: id, message_id: 'msg_none' }),
    ]);

    const expected = id === '' ? malformedEmptyId : { status: byHttp.status, body: byHttp.body };
    expect(answers.map(asHttp)).toEqual(answers.map(() => expected));
  });

  const malformedEmptyId = {
    status: 400,
    body: {
      error: {
        message: "Invalid 'thread_id': ''. Expected an ID that begins with 'thread'.",
        type: 'invalid_request_error',
        param: 'thread_id',
        code: 'invalid_value',
      },
    },
  };

  it.each(['msg_none', 'thread_of_another_kind', 'msg_\0'])('is refused alike: message %j', async (id) => {
    const { status, body } = await app.a.get(`/v1/threads/${threadId}/messages/${encodeURIComponent(id)}`);
    const ids = { thread_id: threadId, message_id: id };
    const answers = await Promise.all([
      app.grpc.a.call('Messages.GetMessage', ids),
      app.grpc.a.call('Messages.ModifyMessage', { ...ids, ...patch }),
      app.grpc.a.call('Messages.DeleteMessage', ids),
    ]);

    expect(answers.map(asHttp)).toEqual(answers.map(() => ({ status, body })));
  });
});
