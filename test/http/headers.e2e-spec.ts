import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';

const json = { 'content-type': 'application/json' };

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

const answers: [number, string, () => Promise<Answer>][] = [
  [200, 'a new thread', () => app.a.post('/v1/threads')],
  [200, 'a list', () => app.a.get('/v1/threads')],
  [200, 'a health check', () => app.anonymous.get('/health/live')],
  [400, 'malformed JSON', () => app.a.send('POST', '/v1/threads', { headers: json, body: '{' })],
  [400, 'an unknown field', () => app.a.post('/v1/threads', { colour: 'red' })],
  [400, 'a malformed id', () => app.a.get('/v1/threads/undefined')],
  [401, 'no key', () => app.anonymous.get('/v1/threads')],
  [401, 'a wrong key', () => new Client(app.url, 'fake_key').get('/v1/threads')],
  [403, 'the wrong kind of key', () => app.a.get('/v1/organization/projects')],
  [404, 'an unknown thread', () => app.a.get('/v1/threads/thread_abc')],
  [404, 'an unknown URL', () => app.a.get('/v1/nowhere')],
  [405, 'a wrong method', () => app.a.send('PUT', '/v1/threads')],
  [
    413,
    'a body that is too large',
    () => app.a.post('/v1/threads/thread_abc', { metadata: { a: 'x'.repeat(2 ** 20) } }),
  ],
  [
    415,
    'another type',
    () => app.a.send('POST', '/v1/threads', { headers: { 'content-type': 'text/plain' }, body: 'x' }),
  ],
];

describe('every answer', () => {
  it.each(answers)('of %d, for %s, has the headers of the API', async (status, _, ask) => {
    const answer = await ask();

    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-request-id': expect.stringMatching(/^req_[0-9a-f]{32}$/),
      'openai-version': '2020-10-01',
      'openai-processing-ms': expect.stringMatching(/^\d+$/),
      'content-type': 'application/json; charset=utf-8',
      'content-length': expect.stringMatching(/^\d+$/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it.each(answers)(
    'of %d, for %s, does not say what it is made with, and opens no other origin',
    async (_, __, ask) => {
      const names = [...(await ask()).headers.keys()];

      expect(names.filter((name) => /powered|^server$|^access-control|ratelimit/.test(name))).toEqual([]);
    },
  );

  it('has them for a URL that cannot be decoded too', async () => {
    const { status, headers } = await app.a.get('/v1/threads/%zz');

    expect(status).toBe(400);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-request-id': expect.stringMatching(/^req_[0-9a-f]{32}$/),
      'openai-version': '2020-10-01',
      'content-type': 'application/json; charset=utf-8',
    });
  });
});

const idOf = ({ headers }: Answer): string | null => headers.get('x-request-id');

describe('x-request-id', () => {
  it('is never the same twice', async () => {
    const ids = (await Promise.all(Array.from({ length: 200 }, () => app.a.get('/v1/threads')))).map(idOf);

    expect(new Set(ids).size).toBe(200);
  });

  it.each(['mine', 'req_00000000000000000000000000000000', "'; DROP TABLE threads", 'x'.repeat(5000)])(
    'is not taken from the caller, case %#',
    async (id) => {
      expect(idOf(await app.a.get('/v1/threads', { 'x-request-id': id, 'request-id': id }))).not.toBe(id);
    },
  );
});

describe('the headers of official SDKs', () => {
  it('are all accepted', async () => {
    const { id } = await aThread(app.a);

    const answer = await app.a.get(`/v1/threads/${id}`, {
      accept: 'application/json',
      'accept-encoding': 'gzip, deflate',
      'openai-beta': 'assistants=v2',
      'openai-organization': 'org-abc',
      'user-agent': 'OpenAI/JS 6.49.0',
      'x-stainless-lang': 'js',
      'x-stainless-retry-count': '0',
      'x-stainless-timeout': '600',
      'idempotency-key': 'stainless-node-retry-abc',
    });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-encoding')).toBeNull();
  });

  it.each(['text/html', 'application/xml', '*/*'])('do not change what is answered: accept %s', async (accept) => {
    const answer = await app.a.get('/v1/threads/thread_abc', { accept });

    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8']);
  });
});
