import { connect } from 'node:http2';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aThread, ok } from '../support/build.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

const BODY_LIMIT = 4096;

let app: GrpcTestApp;

beforeAll(async () => {
  app = await startGrpcApp({ BODY_LIMIT: String(BODY_LIMIT) });
});

afterAll(() => app.close());

const create = (size: number) =>
  app.grpc.a.call('Threads.CreateThread', {
    messages: [{ role: 'ROLE_USER', content: [{ text: { value: 'x'.repeat(size) } }] }],
  });

describe('BODY_LIMIT', () => {
  // Breaks when the option is not given to the server, which would take 4 MiB.
  it('is the most that a message of gRPC may measure', async () => {
    expect((await create(BODY_LIMIT - 100)).code).toBe('OK');
    expect((await create(BODY_LIMIT)).code).toBe('RESOURCE_EXHAUSTED');
  });

  it('does not hold for answers', async () => {
    const thread = await aThread(app.a);
    for (const text of ['a', 'b', 'c']) {
      ok(await app.a.post(`/v1/threads/${thread.id}/messages`, { role: 'user', content: text.repeat(3_000) }));
    }

    const { messages } = await app.grpc.a.ok('Messages.ListMessages', { thread_id: thread.id });

    expect(messages).toHaveLength(3);
  });
});

describe('a caller without a key', () => {
  // Breaks when the key is asked for after the message was read: this one never ends.
  it('is refused before its message has come', async () => {
    const session = connect(`http://${app.address}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/threadstore.v1.Threads/CreateThread',
      'content-type': 'application/grpc',
      te: 'trailers',
    });

    const [headers] = (await once(stream, 'response')) as [Record<string, string>];

    expect(headers['grpc-status']).toBe('16');
    session.destroy();
  });
});

describe('what is not of the contract', () => {
  it.each(['/threadstore.v1.Threads/DropThreads', '/threadstore.v1.Nothing/GetThread', '/nothing'])(
    'is unimplemented: %s',
    async (path) => {
      const session = connect(`http://${app.address}`);
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });

      const [headers] = (await once(stream, 'response')) as [Record<string, string>];

      expect(headers['grpc-status']).toBe('12');
      session.destroy();
    },
  );
});
