import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';

describe('threadstore.v1.Threads', () => {
  let app: GrpcTestApp;

  beforeAll(async () => {
    app = await startGrpcApp();
  });

  afterAll(() => app.close());

  it('creates a thread', async () => {
    const made = await app.grpc.a.call('Threads.CreateThread', { metadata: { user: 'abc123' } });
    console.log(JSON.stringify(made, null, 1));
    const bad = await app.grpc.a.call('Threads.CreateThread', { metadata: { user: 'x'.repeat(600) } });
    console.log(JSON.stringify(bad, null, 1));
    console.log(
      JSON.stringify(await app.grpc.anonymous.call('Threads.GetThread', { thread_id: 'thread_abc' }), null, 1),
    );
    console.log(JSON.stringify(await app.grpc.anonymous.call('Health.Check', { service: '' }), null, 1));
    expect(made.code).toBe('OK');
  });
});
