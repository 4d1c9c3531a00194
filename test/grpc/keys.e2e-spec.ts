import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aThread } from '../support/build.js';
import { asHttp, GrpcClient, methods, retryAfterOf } from '../support/grpc-client.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

let app: GrpcTestApp;
const clients: GrpcClient[] = [];

beforeAll(async () => {
  app = await startGrpcApp();
});

afterAll(async () => {
  for (const client of clients) client.close();
  await app.close();
});

function clientWith(key: string | undefined, address = app.address): GrpcClient {
  const client = new GrpcClient(address, key);
  clients.push(client);
  return client;
}

const everything = async (): Promise<object[]> =>
  app.database.query('SELECT id, version, metadata FROM threads ORDER BY id');

describe('every method of the contract', () => {
  it('is one of eleven', () => {
    expect(methods).toHaveLength(11);
  });

  // Breaks when a method is served that does not go through Admission.
  it.each(methods)('refuses %s without a key, as HTTP does, and does nothing', async (method) => {
    const { id } = await aThread(app.a);
    const before = await everything();

    const refused = await app.grpc.anonymous.call(method, { thread_id: id, message_id: 'msg_none' });

    const { status, body } = await app.anonymous.get('/v1/threads');
    expect([refused.code, asHttp(refused)]).toEqual(['UNAUTHENTICATED', { status, body }]);
    expect(await everything()).toEqual(before);
  });

  it.each(methods)('refuses %s with a wrong key, as HTTP does', async (method) => {
    const refused = await clientWith('sk-ts-a-key-that-is-wrong').call(method, { thread_id: 'thread_a' });

    const headers = { authorization: 'Bearer sk-ts-a-key-that-is-wrong' };
    const { status, body } = await app.anonymous.get('/v1/threads', headers);
    expect([refused.code, asHttp(refused)]).toEqual(['UNAUTHENTICATED', { status, body }]);
  });

  it.each(methods)('refuses %s with the key of an administrator, as HTTP does', async (method) => {
    const refused = await clientWith(app.admin.key).call(method, { thread_id: 'thread_a' });

    const { status, body } = await app.admin.get('/v1/threads');
    expect([refused.code, asHttp(refused)]).toEqual(['PERMISSION_DENIED', { status, body }]);
  });
});

describe('authorization', () => {
  it.each(['Basic abc', 'Bearer', 'sk-ts-test-key-of-project-a'])('has to be a bearer key, not %j', async (value) => {
    const refused = await app.grpc.anonymous.call('Threads.ListThreads', {}, { metadata: { authorization: value } });

    expect([refused.code, asHttp(refused).status]).toEqual(['UNAUTHENTICATED', 401]);
  });

  it('may be written in any case', async () => {
    const metadata = { authorization: `bEARER ${app.a.key}` };

    expect((await app.grpc.anonymous.call('Threads.ListThreads', {}, { metadata })).code).toBe('OK');
  });

  it('names the refusal and the answer by x-request-id', async () => {
    const refused = await app.grpc.anonymous.call('Threads.ListThreads');
    const answered = await app.grpc.a.call('Threads.ListThreads');

    expect(refused.metadata['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
    expect(answered.metadata['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
  });
});

describe('openai-project', () => {
  it('refuses the key of another project, as HTTP does', async () => {
    const headers = { 'openai-project': 'proj_of_someone_else' };

    const refused = await app.grpc.a.call('Threads.ListThreads', {}, { metadata: headers });

    const { status, body } = await app.a.get('/v1/threads', headers);
    expect([refused.code, asHttp(refused)]).toEqual(['UNAUTHENTICATED', { status, body }]);
  });
});

describe('limits', () => {
  // Breaks when the doors count for themselves.
  it('brake wrong keys of one address by both doors together', async () => {
    const braked = await startGrpcApp({ AUTH_FAILURE_LIMIT: '3' });
    try {
      const guess = (n: number) => clientWith(`sk-ts-guess-${n}`, braked.address).call('Threads.ListThreads');
      const guessByHttp = (n: number) =>
        braked.anonymous.get('/v1/threads', { authorization: `Bearer sk-ts-guess-${n}` });

      const codes = [(await guess(1)).code, (await guessByHttp(2)).status, (await guess(3)).code];
      const refused = await guess(4);
      const refusedByHttp = await guessByHttp(5);

      expect(codes).toEqual(['UNAUTHENTICATED', 401, 'UNAUTHENTICATED']);
      expect([refused.code, asHttp(refused).body]).toMatchObject([
        'RESOURCE_EXHAUSTED',
        { error: { code: 'too_many_incorrect_api_keys' } },
      ]);
      expect(Number(retryAfterOf(refused)?.seconds)).toBeGreaterThan(0);
      expect(refusedByHttp.status).toBe(429);
    } finally {
      await braked.close();
    }
  });

  it('count the requests of a key by both doors together', async () => {
    const limited = await startGrpcApp({ RATE_LIMIT: '3' });
    try {
      const first = await limited.grpc.a.call('Threads.ListThreads');
      await limited.a.get('/v1/threads');
      await limited.grpc.a.call('Threads.ListThreads');
      const refused = await limited.grpc.a.call('Threads.ListThreads');

      expect(first.metadata).toMatchObject({
        'x-ratelimit-limit-requests': '3',
        'x-ratelimit-remaining-requests': '2',
      });
      expect([refused.code, asHttp(refused)]).toMatchObject([
        'RESOURCE_EXHAUSTED',
        { status: 429, body: { error: { type: 'requests', code: 'rate_limit_exceeded' } } },
      ]);
      expect(refused.metadata).toMatchObject({ 'x-ratelimit-remaining-requests': '0' });
      expect(Number(retryAfterOf(refused)?.seconds)).toBeGreaterThan(0);
    } finally {
      await limited.close();
    }
  });
});
