// What belongs to another project is refused as what does not exist, by every method. Breaks when the tenant of a call
// comes from anywhere but its key.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aMessage, aThread, noMessage, noThread } from '../support/build.js';
import { asHttp, methods } from '../support/grpc-client.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

const CHANGE = { metadata: { set: { by: 'another' } } };
const MESSAGE = { role: 'ROLE_USER', content: [{ text: { value: 'From outside' } }] };

/** What each method is asked beside the ids. The two that name nothing are looked at below, and Watch has its own. */
const REQUESTS: Record<string, object> = {
  'Threads.GetThread': {},
  'Threads.ModifyThread': CHANGE,
  'Threads.DeleteThread': {},
  'Messages.CreateMessage': { message: MESSAGE },
  'Messages.GetMessage': {},
  'Messages.ListMessages': {},
  'Messages.ModifyMessage': CHANGE,
  'Messages.DeleteMessage': {},
};

let app: GrpcTestApp;
let ids: { thread_id: string; message_id: string };

beforeAll(async () => {
  app = await startGrpcApp();
  const thread = await aThread(app.a, { metadata: { owner: 'a' } });
  ids = { thread_id: thread.id, message_id: (await aMessage(app.a, thread.id)).id };
});

afterAll(() => app.close());

const everything = (): Promise<object[][]> =>
  Promise.all(['threads', 'messages'].map((table) => app.database.query(`SELECT * FROM ${table} ORDER BY id`)));

describe("another project's things", () => {
  it('are asked for by every method that names any', () => {
    const others = ['Threads.CreateThread', 'Threads.ListThreads', 'Threads.Watch'];

    expect([...Object.keys(REQUESTS), ...others].toSorted()).toEqual(methods.toSorted());
  });

  it.each(Object.entries(REQUESTS))('are not found by %s, and stay as they are', async (method, request) => {
    const before = await everything();

    const refused = await app.grpc.b.call(method, { ...ids, ...request });

    expect([refused.code, asHttp(refused)]).toEqual(['NOT_FOUND', { status: 404, body: noThread(ids.thread_id) }]);
    expect(await everything()).toEqual(before);
  });

  it.each(['Messages.GetMessage', 'Messages.ModifyMessage', 'Messages.DeleteMessage'])(
    'are not found by %s in a thread of one’s own',
    async (method) => {
      const own = await aThread(app.b);

      const refused = await app.grpc.b.call(method, { ...CHANGE, thread_id: own.id, message_id: ids.message_id });

      expect([refused.code, asHttp(refused).body]).toEqual(['NOT_FOUND', noMessage(ids.message_id)]);
    },
  );

  it('are in no list, and no cursor of one', async () => {
    const own = await aThread(app.b, { metadata: { owner: 'b' } });

    const { threads } = await app.grpc.b.ok('Threads.ListThreads', { limit: 100 });
    const filtered = await app.grpc.b.ok('Threads.ListThreads', { metadata: { owner: 'a' } });
    const cursor = await app.grpc.b.call('Threads.ListThreads', { after: ids.thread_id });
    const other = await app.grpc.b.call('Messages.ListMessages', { thread_id: own.id, after: ids.message_id });

    expect(threads.map(({ id }: { id: string }) => id)).toContain(own.id);
    expect(threads.map(({ id }: { id: string }) => id)).not.toContain(ids.thread_id);
    expect(filtered).toEqual({ threads: [], has_more: false });
    expect([cursor.code, other.code]).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  });
});
