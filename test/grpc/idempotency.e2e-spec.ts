import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aMessage, aThread, noThread, ok } from '../support/build.js';
import { asHttp, type GrpcAnswer, retryAfterOf } from '../support/grpc-client.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

const REPLAYED = 'idempotent-replayed';
const CHANGE = { metadata: { set: { user: 'abc123' } } };
const MESSAGE = { role: 'ROLE_USER', content: [{ text: { value: 'Ärger 😀' } }] };

let app: GrpcTestApp;
let count = 0;

beforeAll(async () => {
  app = await startGrpcApp();
});

afterAll(() => app.close());

const newKey = (): Record<string, string> => ({ 'idempotency-key': `key of call ${++count}`.replaceAll(' ', '-') });

const call = (method: string, request: object, metadata: Record<string, string>): Promise<GrpcAnswer> =>
  app.grpc.a.call(method, request, { metadata });

const stored = (): Promise<object[][]> =>
  Promise.all(['threads', 'messages'].map((table) => app.database.query(`SELECT * FROM ${table} ORDER BY id`)));

describe('a call that is made again with its idempotency-key', () => {
  // Breaks when a method does not obey the key, or answers a replay from anything but what was kept.
  it.each([
    ['Threads.CreateThread', { messages: [MESSAGE], metadata: { user: 'abc123' } }],
    ['Threads.ModifyThread', CHANGE],
    ['Messages.CreateMessage', { message: MESSAGE }],
    ['Messages.ModifyMessage', CHANGE],
  ])('does %s once, and gets the same answer', async (method, request) => {
    const thread = await aThread(app.a);
    const ids = { thread_id: thread.id, message_id: (await aMessage(app.a, thread.id)).id };
    const key = newKey();

    const first = await call(method, { ...ids, ...request }, key);
    const after = await stored();
    const second = await call(method, { ...ids, ...request }, key);

    expect([first.code, second.code]).toEqual(['OK', 'OK']);
    expect(second.message).toEqual(first.message);
    expect([first.metadata[REPLAYED], second.metadata[REPLAYED]]).toEqual([undefined, 'true']);
    expect(await stored()).toEqual(after);
  });

  it('is the same call when its maps come in another order', async () => {
    const key = newKey();

    const first = await call('Threads.CreateThread', { metadata: { a: '1', b: '2' } }, key);
    const second = await call('Threads.CreateThread', { metadata: { b: '2', a: '1' } }, key);

    expect(second.message).toEqual(first.message);
  });

  it('is refused the same when it was refused', async () => {
    const key = newKey();
    const request = { thread_id: 'thread_none', message: MESSAGE };

    const answers = [
      await call('Messages.CreateMessage', request, key),
      await call('Messages.CreateMessage', request, key),
    ];

    expect(answers.map(({ code }) => code)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(answers.map(asHttp)).toEqual(answers.map(() => ({ status: 404, body: noThread('thread_none') })));
    expect(answers[1]!.metadata[REPLAYED]).toBe('true');
  });

  it('may have been wrong before, which is not kept', async () => {
    const key = newKey();

    const wrong = await call('Threads.CreateThread', { metadata: { a: 'x'.repeat(513) } }, key);
    const right = await call('Threads.CreateThread', { metadata: { a: 'x' } }, key);

    expect([wrong.code, right.code]).toEqual(['INVALID_ARGUMENT', 'OK']);
  });

  it('is carried out once, however many come at once', async () => {
    const thread = await aThread(app.a);
    const key = newKey();
    const request = { thread_id: thread.id, message: MESSAGE };

    const answers = await Promise.all(Array.from({ length: 8 }, () => call('Messages.CreateMessage', request, key)));

    const done = answers.filter(({ code }) => code === 'OK');
    const refused = answers.filter(({ code }) => code !== 'OK');
    expect(new Set(done.map(({ message }) => message.id)).size).toBe(1);
    expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 'ABORTED'));
    expect(refused.map(retryAfterOf)).toEqual(refused.map(() => ({ seconds: '1', nanos: 0 })));
    expect(ok(await app.a.get(`/v1/threads/${thread.id}/messages`)).data).toHaveLength(1);
  });
});

describe('an idempotency-key', () => {
  const reused = {
    message:
      "The 'Idempotency-Key' was already used for a request with another method, path or body. Use a new key for a new request.",
    type: 'invalid_request_error',
    param: 'Idempotency-Key',
    code: 'idempotency_key_reused',
  };

  it.each([
    ['message', 'Threads.CreateThread', { metadata: { a: '2' } }],
    ['method', 'Threads.ModifyThread', { thread_id: 'thread_none' }],
  ])('belongs to one call: not to one with another %s', async (_, method, request) => {
    const key = newKey();
    await call('Threads.CreateThread', { metadata: { a: '1' } }, key);

    const refused = await call(method, request, key);

    expect([refused.code, asHttp(refused)]).toEqual(['FAILED_PRECONDITION', { status: 422, body: { error: reused } }]);
  });

  it('that was used by HTTP belongs to that request', async () => {
    const key = newKey();
    ok(await app.a.post('/v1/threads', {}, key));

    const refused = await call('Threads.CreateThread', {}, key);

    expect([refused.code, asHttp(refused)]).toEqual(['FAILED_PRECONDITION', { status: 422, body: { error: reused } }]);
  });

  it('is of its project: another one may have the same', async () => {
    const metadata = newKey();

    const [one, other] = [
      await app.grpc.a.call('Threads.CreateThread', {}, { metadata }),
      await app.grpc.b.call('Threads.CreateThread', {}, { metadata }),
    ];

    expect([one.code, other.code]).toEqual(['OK', 'OK']);
    expect(one.message.id).not.toBe(other.message.id);
  });

  it('has the form of the header', async () => {
    const key = { 'idempotency-key': 'x'.repeat(256) };

    const refused = await call('Threads.CreateThread', {}, key);
    const { status, body } = await app.a.post('/v1/threads', {}, key);

    expect([refused.code, asHttp(refused)]).toEqual(['INVALID_ARGUMENT', { status, body }]);
  });
});
