import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';

describe('POST /v1/threads', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it('creates an empty thread without a body', async () => {
    const answer = await app.a.post('/v1/threads');

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^thread_[0-9A-Za-z]{24}$/),
      object: 'thread',
      created_at: expect.any(Number),
      metadata: {},
      tool_resources: {},
    });
  });
});
