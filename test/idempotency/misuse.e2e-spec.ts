import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread, ok, refusal } from '../support/build.js';
import { openApi } from '../support/contract.js';

const METADATA = { metadata: { user: 'abc123' } };

const reused = refusal(
  "The 'Idempotency-Key' was already used for a request with another method, path or body. Use a new key for a new request.",
  'Idempotency-Key',
  'idempotency_key_reused',
);

const invalidHeader = refusal(
  "Invalid header 'Idempotency-Key': expected 1 to 255 visible ASCII characters, with or without quotes.",
  'Idempotency-Key',
  'invalid_header',
);

describe('an Idempotency-Key', () => {
  let app: TestApp;
  let count = 0;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  const newKey = (): Record<string, string> => ({ 'idempotency-key': `key-${++count}` });

  // Broken by a fingerprint that leaves out the body, the path or the method.
  it.each([
    ['another body', 'POST', (id: string) => `/v1/threads/${id}`, { metadata: { user: 'another' } }],
    [
      'the same body in other bytes',
      'POST',
      (id: string) => `/v1/threads/${id}`,
      { tool_resources: null, ...METADATA },
    ],
    ['no body', 'POST', (id: string) => `/v1/threads/${id}`, undefined],
    ['another path', 'POST', () => '/v1/threads', METADATA],
    ['another method', 'PATCH', (id: string) => `/v1/threads/${id}`, METADATA],
  ])('is refused for %s, and nothing is changed', async (_, method, path, body) => {
    const { id } = await aThread(app.a);
    const headers = newKey();
    const first = ok(await app.a.post(`/v1/threads/${id}`, METADATA, headers));

    const answer = await (method === 'PATCH'
      ? app.a.patch(path(id), body, headers)
      : app.a.post(path(id), body, headers));

    expect([answer.status, answer.body]).toEqual([422, reused]);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(ok(await app.a.get(`/v1/threads/${id}`))).toEqual(first);
    expect((await app.a.post(`/v1/threads/${id}`, METADATA, headers)).body).toEqual(first);
  });

  it.each([
    ['of 1 character', '1'],
    ['of 255 characters', 'k'.repeat(255)],
    ['of a UUID', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['in quotes', '"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    ['of all that is visible', '!#$%&()*+,-./:;<=>?@[]^_`{|}~'],
  ])('is taken %s', async (_, key) => {
    expect((await app.a.post('/v1/threads', {}, { 'idempotency-key': key })).status).toBe(200);
  });

  it.each([
    ['is empty', ''],
    ['is empty in quotes', '""'],
    ['has 256 characters', 'k'.repeat(256)],
    ['has a space', 'two words'],
    ['is not ASCII', 'schlüssel'],
    ['has a quote that does not end', '"key'],
    ['has something after its quotes', '"key"; a=1'],
    ['has an escape of nothing', '"ke\\y"'],
  ])('is refused when it %s', async (_, key) => {
    const answer = await app.a.post('/v1/threads', {}, { 'idempotency-key': key });

    expect([answer.status, answer.body]).toEqual([400, invalidHeader]);
  });

  // Broken by a POST or PATCH of a tenant whose handler is not @Idempotent(), or that does not say so.
  it('is understood by every POST and PATCH of threads and messages', async () => {
    const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const documented = operations
      .filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'Idempotency-Key'))
      .map(({ path, method }) => `${method} ${path}`);
    const expected = operations.filter(
      ({ path, method }) => ['post', 'patch'].includes(method) && path.startsWith('/threads'),
    );
    const thread = await aThread(app.a);
    const message = ok(await app.a.post(`/v1/threads/${thread.id}/messages`, { role: 'user', content: 'Hi' }));

    expect(documented).toEqual(expected.map(({ path, method }) => `${method} ${path}`));
    for (const { path, method, operation } of expected) {
      const url = path.replace('{thread_id}', thread.id).replace('{message_id}', message.id);
      const body = path.endsWith('/messages') ? { role: 'user', content: 'Hi' } : {};
      const answer = await app.a.send(method.toUpperCase(), url, {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', 'idempotency-key': 'not a key' },
      });
      expect([operation.operationId, answer.body]).toEqual([operation.operationId, invalidHeader]);
    }
  });
});
