import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { rawAnswers } from '../support/raw.js';

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

  // What breaks it: ids that are always made anew.
  it.each(['1', '0b8c6a4e-9d2f-4f0e-8a55-6a7f1f0c9b11', 'edge:a.b-c_d', 'x'.repeat(128)])(
    'is the one of the caller, when it is an id: %s',
    async (id) => {
      expect(idOf(await app.a.get('/v1/threads', { 'x-request-id': id, 'request-id': 'another' }))).toBe(id);
      expect(idOf(await app.anonymous.get('/v1/nowhere', { 'x-request-id': id }))).toBe(id);
    },
  );

  // What breaks it: a form that lets a space, a quote or any length through.
  it.each(['', 'two words', "'; DROP TABLE threads", '{"a":1}', 'é', 'a/b', 'x'.repeat(129), 'x'.repeat(5000)])(
    'is a new one, when what the caller sent is none, case %#',
    async (id) => {
      expect(idOf(await app.a.get('/v1/threads', { 'x-request-id': id }))).toMatch(/^req_[0-9a-f]{32}$/);
    },
  );

  it('is a new one, when the caller sends several', async () => {
    const lines = [
      'GET /health/live HTTP/1.1',
      'host: a',
      'x-request-id: one',
      'x-request-id: two',
      'connection: close',
    ];
    const [answer] = await rawAnswers(app.url, `${lines.join('\r\n')}\r\n\r\n`);

    expect(answer!.headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
  });
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

describe('traceparent', () => {
  // What breaks it: an answer that does not name the trace.
  it('comes back as it was sent, also with a refusal', async () => {
    const both = [
      await app.a.get('/v1/threads', { traceparent: PARENT }),
      await app.anonymous.get('/v1/nowhere', { traceparent: PARENT }),
    ];

    expect(both.map(({ headers }) => headers.get('traceparent'))).toEqual([PARENT, PARENT]);
  });

  // What breaks it: a form that is looser than that of W3C Trace Context.
  it.each([
    'nonsense',
    PARENT.toUpperCase(),
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-00f067aa0ba902b7-01`,
    `${PARENT}-more`,
    `${PARENT}, ${PARENT}`,
  ])('is ignored when it is malformed: %s', async (traceparent) => {
    const { status, headers } = await app.a.get('/v1/threads', { traceparent });

    expect([status, headers.get('traceparent')]).toEqual([200, null]);
  });

  it('is not made up for who sends none', async () => {
    expect((await app.a.get('/v1/threads')).headers.has('traceparent')).toBe(false);
  });
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
