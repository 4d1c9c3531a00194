// Modifying by gRPC is a merge patch by HTTP, which has null where protobuf has none.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { messageAsGrpc, threadAsGrpc } from '../support/as-grpc.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { asHttp } from '../support/grpc-client.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

let app: GrpcTestApp;

beforeAll(async () => {
  app = await startGrpcApp();
});

afterAll(() => app.close());

const BEFORE = {
  metadata: { user: 'abc123', plan: 'free' },
  tool_resources: { code_interpreter: { file_ids: ['file-a'] }, file_search: { vector_store_ids: ['vs_a'] } },
};

const OF_METADATA: readonly (readonly [string, object, object])[] = [
  ['nothing', {}, {}],
  ['an empty change', { metadata: {} }, { metadata: {} }],
  [
    'keys to set',
    { metadata: { set: { plan: 'pro', ['__proto__']: 'x' } } },
    JSON.parse('{"metadata":{"plan":"pro","__proto__":"x"}}'),
  ],
  ['keys to remove', { metadata: { remove: ['plan', 'none'] } }, { metadata: { plan: null, none: null } }],
  ['a key to set and remove', { metadata: { set: { plan: 'pro' }, remove: ['plan'] } }, { metadata: { plan: 'pro' } }],
  ['the end of all keys', { no_metadata: {} }, { metadata: null }],
];

const OF_TOOLS: readonly (readonly [string, object, object])[] = [
  ['no tool', { tool_resources: {} }, { tool_resources: {} }],
  [
    'another list of a tool',
    { tool_resources: { code_interpreter: { file_ids: ['file-b', 'file-c'] } } },
    { tool_resources: { code_interpreter: { file_ids: ['file-b', 'file-c'] } } },
  ],
  [
    'an empty list of a tool',
    { tool_resources: { file_search: { vector_store_ids: [] } } },
    { tool_resources: { file_search: { vector_store_ids: [] } } },
  ],
  [
    'the end of one tool',
    { tool_resources: { no_code_interpreter: {}, file_search: { vector_store_ids: ['vs_b'] } } },
    { tool_resources: { code_interpreter: null, file_search: { vector_store_ids: ['vs_b'] } } },
  ],
  ['the end of another', { tool_resources: { no_file_search: {} } }, { tool_resources: { file_search: null } }],
  ['the end of all tools', { no_tool_resources: {} }, { tool_resources: null }],
];

describe('ModifyThread', () => {
  it.each([...OF_METADATA, ...OF_TOOLS])('with %s does what the merge patch does', async (_, change, patch) => {
    const [one, other] = [await aThread(app.a, BEFORE), await aThread(app.a, BEFORE)];

    const changed = await app.grpc.a.ok('Threads.ModifyThread', { thread_id: one.id, ...change });
    const expected = ok(await app.a.patch(`/v1/threads/${other.id}`, patch));

    const { version } = await app.grpc.a.ok('Threads.GetThread', { thread_id: other.id });
    expect(changed).toEqual(threadAsGrpc({ ...expected, id: one.id, created_at: one.created_at }, version));
    expect(await app.grpc.a.ok('Threads.GetThread', { thread_id: one.id })).toEqual(changed);
  });
});

describe('ModifyMessage', () => {
  it.each(OF_METADATA)('with %s does what the merge patch does', async (_, change, patch) => {
    const thread = await aThread(app.a);
    const sent = { metadata: BEFORE.metadata };
    const [one, other] = [await aMessage(app.a, thread.id, sent), await aMessage(app.a, thread.id, sent)];

    const changed = await app.grpc.a.ok('Messages.ModifyMessage', {
      thread_id: thread.id,
      message_id: one.id,
      ...change,
    });
    const expected = ok(await app.a.patch(`/v1/threads/${thread.id}/messages/${other.id}`, patch));

    const { version } = await app.grpc.a.ok('Messages.GetMessage', { thread_id: thread.id, message_id: other.id });
    expect(changed).toEqual(messageAsGrpc({ ...one, metadata: expected.metadata }, version));
  });
});

async function aThreadWithAMessage(): Promise<{ thread_id: string; message_id: string }> {
  const thread = await aThread(app.a);
  return { thread_id: thread.id, message_id: (await aMessage(app.a, thread.id)).id };
}

// Breaks when expected_version is not given on to the service.
describe('expected_version', () => {
  const refused = {
    status: 412,
    body: {
      error: {
        message:
          "It has been changed since: its 'ETag' is not one that the 'If-Match' header names. Retrieve it again.",
        type: 'invalid_request_error',
        param: 'If-Match',
        code: 'precondition_failed',
      },
    },
  };

  it.each([
    ['Threads.ModifyThread', 'Threads.DeleteThread'],
    ['Messages.ModifyMessage', 'Messages.DeleteMessage'],
  ])('keeps %s and %s from what was changed since', async (modify, remove) => {
    const { thread_id, message_id } = await aThreadWithAMessage();
    const id = modify.startsWith('Messages') ? { thread_id, message_id } : { thread_id };
    const change = (expected_version: number) =>
      app.grpc.a.call(modify, { ...id, expected_version, metadata: { set: { by: `${expected_version}` } } });

    expect((await change(1)).message).toMatchObject({ version: 2, metadata: { by: '1' } });
    const late = await change(1);
    const lateRemoval = await app.grpc.a.call(remove, { ...id, expected_version: 1 });

    expect([late.code, asHttp(late)]).toEqual(['ABORTED', refused]);
    expect([lateRemoval.code, asHttp(lateRemoval)]).toEqual(['ABORTED', refused]);
    expect((await app.grpc.a.call(remove, { ...id, expected_version: 2 })).code).toBe('OK');
  });

  it('has to be a version', async () => {
    const { thread_id } = await aThreadWithAMessage();

    const refusal = await app.grpc.a.call('Threads.ModifyThread', { thread_id, expected_version: 0 });

    expect([refusal.code, asHttp(refusal).body]).toEqual([
      'INVALID_ARGUMENT',
      {
        error: {
          message: "Invalid 'expected_version': integer below minimum value. Expected a value >= 1, but got 0 instead.",
          type: 'invalid_request_error',
          param: 'expected_version',
          code: 'integer_below_min_value',
        },
      },
    ]);
  });

  it('is the number of the ETag', async () => {
    const thread = await aThread(app.a);
    const changed = await app.a.post(`/v1/threads/${thread.id}`, { metadata: { by: 'HTTP' } });

    expect(changed.headers.get('etag')).toBe('"2"');
    expect(await app.grpc.a.ok('Threads.GetThread', { thread_id: thread.id })).toMatchObject({ version: 2 });
  });
});
