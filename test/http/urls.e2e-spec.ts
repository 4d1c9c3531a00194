import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, refusal } from '../support/build.js';
import { type RawAnswer, rawAnswers } from '../support/raw.js';

const invalidUrl = (method: string, url: string): object => refusal(`Invalid URL (${method} ${url})`);
const unknownUrl = (method: string, url: string): object =>
  refusal(
    `Unknown request URL: ${method} ${url}. Please check the URL for typos, or see the docs at ` +
      'https://platform.openai.com/docs/api-reference/.',
    null,
    'unknown_url',
  );
const notAllowed = (method: string, url: string): object =>
  refusal(`Not allowed to ${method} on ${url}. (HINT: Perhaps you meant to use a different HTTP method?)`);
const malformedThreadId = (id: string): object =>
  refusal(`Invalid 'thread_id': '${id}'. Expected an ID that begins with 'thread'.`, 'thread_id', 'invalid_value');
const nothing = (what: string, id: string): object => refusal(`No ${what} found with id '${id}\u0000'.`);
const MALFORMED_URL = refusal('The URL of the request is not valid.', null, 'malformed_url');
const MALFORMED_REQUEST = refusal('The request could not be parsed as HTTP.', null, 'malformed_request');
const HEADERS_TOO_LARGE = refusal('The headers of the request are too large.', null, 'headers_too_large');

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

/** What comes back for bytes that no HTTP client would send. */
const answerTo = async (bytes: string): Promise<RawAnswer> => (await rawAnswers(app.url, bytes))[0]!;

const head = (requestLine: string, ...lines: string[]): string =>
  [requestLine, 'Host: x', 'Connection: close', `Authorization: Bearer ${app.a.key}`, ...lines, '', ''].join('\r\n');

describe('an unknown URL', () => {
  it.each([
    ['GET', '/v1/'],
    ['GET', '/v1/models'],
    ['POST', '/v1/chat/completions'],
    ['GET', '/v1/threads/thread_abc/runs'],
    ['GET', '/v1/threads/thread_abc/messages/msg_abc/files'],
    ['DELETE', '/v1/vector_stores'],
    ['GET', '/v1/organization'],
    ['GET', '/v1/v1/threads'],
    ['GET', '/v1//threads'],
    ['GET', '/v1/Threads'],
    ['GET', '/v1/threads;x=1'],
    ['PUT', '/v1/nowhere'],
  ])('under /v1 is 404: %s %s', async (method, url) => {
    const answer = await app.a.send(method, url);

    expect([answer.status, answer.body]).toEqual([404, invalidUrl(method, url)]);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/V1/threads'],
    ['GET', '/v2/threads'],
    ['POST', '/chat/completions'],
    ['GET', '//v1/threads'],
    ['GET', '/favicon.ico'],
    ['GET', '/.env'],
  ])('elsewhere is 404: %s %s', async (method, url) => {
    const answer = await app.a.send(method, url);

    expect([answer.status, answer.body]).toEqual([404, unknownUrl(method, url)]);
  });

  it('is answered to everyone', async () => {
    const answer = await app.anonymous.get('/v1/models');

    expect([answer.status, answer.body]).toEqual([404, invalidUrl('GET', '/v1/models')]);
  });

  it('is echoed up to a limit', async () => {
    const url = `/v1/${'x'.repeat(5000)}`;

    expect((await app.a.get(url)).body).toEqual(invalidUrl('GET', `${url.slice(0, 256)}…`));
  });
});

describe('a trailing slash', () => {
  it.each([
    ['GET', '/v1/threads/'],
    ['POST', '/v1/threads/'],
    ['DELETE', '/v1/threads/'],
    ['GET', '/v1/threads//messages'],
    ['GET', '/v1/threads/thread_abc/'],
    ['GET', '/v1/threads/thread_abc/messages/'],
    ['GET', '/v1/organization/projects/'],
  ])('is another URL, never a list: %s %s', async (method, url) => {
    const answer = await app.a.send(method, url);

    expect([answer.status, answer.body]).toEqual([404, invalidUrl(method, url)]);
  });
});

describe('a wrong method', () => {
  it.each([
    ['PUT', '/v1/threads'],
    ['PATCH', '/v1/threads'],
    ['DELETE', '/v1/threads'],
    ['OPTIONS', '/v1/threads'],
    ['PUT', '/v1/threads/thread_abc'],
    ['PUT', '/v1/threads/thread_abc/messages'],
    ['DELETE', '/v1/threads/thread_abc/messages'],
    ['PUT', '/v1/threads/thread_abc/messages/msg_abc'],
    ['POST', '/v1/vector_stores/vs_abc'],
    ['DELETE', '/v1/organization/projects/proj_abc'],
    ['GET', '/v1/organization/projects/proj_abc/archive'],
    ['POST', '/v1/organization/projects/proj_abc/api_keys'],
    ['POST', '/health/live'],
    ['PUT', '/threads'],
  ])('is 405: %s %s', async (method, url) => {
    const answer = await app.a.send(method, url);

    expect([answer.status, answer.body]).toEqual([405, notAllowed(method, url)]);
  });

  it('is 405: TRACE', async () => {
    const { status, body } = await answerTo(head('TRACE /v1/threads HTTP/1.1'));

    expect([status, body]).toEqual([405, notAllowed('TRACE', '/v1/threads')]);
  });

  it.each(['{', ' '.repeat(2 * 1024 * 1024)])('is told before the body is looked at, case %#', async (body) => {
    const headers = { 'content-type': 'application/json' };

    expect((await app.a.send('PUT', '/v1/threads', { headers, body })).status).toBe(405);
  });
});

describe('HEAD', () => {
  it.each([
    ['a', '/v1/threads', 200],
    ['anonymous', '/health/live', 200],
    ['anonymous', '/v1/threads', 401],
    ['admin', '/v1/threads', 403],
    ['a', '/v1/threads/undefined', 400],
    ['a', '/v1/threads/thread_abc', 404],
    ['a', '/v1/nowhere', 404],
  ] as const)('from %s of %s is %d, as GET is, without the body', async (who, url, status) => {
    const headers = { authorization: `Bearer ${app[who].key}` };
    const answer = await fetch(app.url + url, { method: 'HEAD', headers: who === 'anonymous' ? {} : headers });

    expect([answer.status, await answer.text()]).toEqual([status, '']);
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
  });
});

describe('an escape', () => {
  it.each(['%zz', '%', '%2', 'thread_%ff', 'thread_%c3%28', 'thread_%ED%A0%80', 'thread_%u0041'])(
    'that is no UTF-8 is 400: %s',
    async (id) => {
      for (const url of [`/v1/threads/${id}`, `/v1/threads/thread_abc/messages/${id}`]) {
        const answer = await app.a.get(url);

        expect([answer.status, answer.body]).toEqual([400, MALFORMED_URL]);
      }
    },
  );

  it.each([
    ['thread_%2F', 'thread_/'],
    ['thread_abc%2Fmessages', 'thread_abc/messages'],
    ['thread_%252F', 'thread_%2F'],
    ['thread_%3Flimit%3D1', 'thread_?limit=1'],
    ['thread_%20%23', 'thread_ #'],
    ['thread_%C3%A9', 'thread_é'],
    ['thread_%F0%9F%98%80', 'thread_😀'],
    ["thread_'%20OR%201=1--", "thread_' OR 1=1--"],
    ['thread_%0d%0aX:%20y', 'thread_\r\nX: y'],
    ['thread_%00', 'thread_\u0000'],
  ])('is part of the id, which is not found: %s', async (escaped, id) => {
    const answer = await app.a.get(`/v1/threads/${escaped}`);

    expect([answer.status, answer.body]).toEqual([404, noThread(id)]);
  });

  it('is part of the id, if a letter is escaped', async () => {
    const { id } = await aThread(app.a);

    expect((await app.a.get(`/v1/%74hreads/%74${id.slice(1)}`)).body.id ?? 'refused').toBe(id);
  });

  it.each(['%2e%2e', '%2E', '..%2f..'])('does not lead to another URL: %s', async (id) => {
    const { status, body } = await answerTo(head(`GET /v1/threads/${id} HTTP/1.1`));

    expect([status, body]).toEqual([400, malformedThreadId(decodeURIComponent(id))]);
  });

  it('of U+0000 finds nothing, in every id', async () => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);
    const projects = '/v1/organization/projects';
    const project = `${projects}/proj_00000000000000000default`;
    const cases: [typeof app.a, string, string, object][] = [
      [app.a, 'GET', `/v1/threads/${thread.id}%00`, noThread(`${thread.id}\u0000`)],
      [app.a, 'POST', `/v1/threads/${thread.id}%00`, noThread(`${thread.id}\u0000`)],
      [app.a, 'PATCH', `/v1/threads/${thread.id}%00`, noThread(`${thread.id}\u0000`)],
      [app.a, 'DELETE', `/v1/threads/${thread.id}%00`, noThread(`${thread.id}\u0000`)],
      [app.a, 'GET', `/v1/threads/${thread.id}%00/messages`, noThread(`${thread.id}\u0000`)],
      [app.a, 'GET', `/v1/threads/${thread.id}/messages/${message.id}%00`, noMessage(`${message.id}\u0000`)],
      [app.a, 'POST', `/v1/threads/${thread.id}/messages/${message.id}%00`, noMessage(`${message.id}\u0000`)],
      [app.a, 'PATCH', `/v1/threads/${thread.id}/messages/${message.id}%00`, noMessage(`${message.id}\u0000`)],
      [app.a, 'DELETE', `/v1/threads/${thread.id}/messages/${message.id}%00`, noMessage(`${message.id}\u0000`)],
      [app.a, 'GET', '/v1/vector_stores/vs_%00', nothing('vector store', 'vs_')],
      [app.admin, 'GET', `${projects}/proj_%00`, nothing('project', 'proj_')],
      [app.admin, 'POST', `${projects}/proj_%00/archive`, nothing('project', 'proj_')],
      [app.admin, 'GET', `${projects}/proj_%00/api_keys`, nothing('project', 'proj_')],
      [app.admin, 'GET', `${project}/api_keys/key_%00`, nothing('API key', 'key_')],
      [app.admin, 'DELETE', `${project}/api_keys/key_%00`, nothing('API key', 'key_')],
      [app.admin, 'GET', `${project}/service_accounts/svc_%00`, nothing('service account', 'svc_')],
      [app.admin, 'DELETE', `${project}/service_accounts/svc_%00`, nothing('service account', 'svc_')],
    ];
    const answers: [string, number, unknown][] = [];
    for (const [client, method, url] of cases) {
      const { status, body } = await client.send(method, url);
      answers.push([`${method} ${url}`, status, body]);
    }

    expect(answers).toEqual(cases.map(([, method, url, expected]) => [`${method} ${url}`, 404, expected]));
  });
});

describe('an id', () => {
  it.each([101, 1000, 15_000])('of %d characters is not found', async (length) => {
    const id = 'thread_'.padEnd(length, 'x');

    const answer = await app.a.get(`/v1/threads/${id}`);

    expect([answer.status, answer.body]).toEqual([404, noThread(length > 256 ? `${id.slice(0, 256)}…` : id)]);
  });

  it('that is longer than headers may be is 431', async () => {
    const { status, body } = await answerTo(head(`GET /v1/threads/thread_${'x'.repeat(20_000)} HTTP/1.1`));

    expect([status, body]).toEqual([431, HEADERS_TOO_LARGE]);
  });
});

describe('bytes that are no request', () => {
  const REQUEST_ID = expect.stringMatching(/^req_[0-9a-f]{32}$/);

  it.each([
    ['a word', 'garbage\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['another version', 'GET /v1/threads HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['an unknown method', 'FETCH /v1/threads HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a space in the URL', 'GET /v1/threads /x HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a URL that is not ASCII', 'GET /v1/threads/thread_\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header without a colon', 'GET /v1/threads HTTP/1.1\r\nHost x\r\n\r\n'],
    ['a bare CR in a header', 'GET /v1/threads HTTP/1.1\r\nHost: x\r\nX-A: a\rb\r\n\r\n'],
    ['U+0000 in a header', 'GET /v1/threads HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n'],
    ['a folded header', 'GET /v1/threads HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n'],
    ['no Host', 'GET /v1/threads HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two lengths', 'POST /v1/threads HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}1'],
    ['a negative length', 'POST /v1/threads HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    [
      'a length and chunks',
      'POST /v1/threads HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('are 400, in the envelope: %s', async (_, bytes) => {
    const { status, headers, body } = await answerTo(bytes);

    expect([status, body]).toEqual([400, MALFORMED_REQUEST]);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': REQUEST_ID,
      'openai-version': '2020-10-01',
      connection: 'close',
    });
  });

  it('are 400 when they come where a chunk should', async () => {
    const lines = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];

    const { status, body } = await answerTo(`${head('POST /v1/threads HTTP/1.1', ...lines)}zz\r\n{}\r\n0\r\n\r\n`);

    expect([status, body]).toEqual([400, MALFORMED_REQUEST]);
  });

  it('are 431 when they are a header of 20 KB', async () => {
    const { status, headers, body } = await answerTo(head('GET /v1/threads HTTP/1.1', `X-A: ${'a'.repeat(20_000)}`));

    expect([status, body]).toEqual([431, HEADERS_TOO_LARGE]);
    expect(headers).toMatchObject({ 'x-request-id': REQUEST_ID, connection: 'close' });
  });

  it('leave the server as it was', async () => {
    await Promise.all(Array.from({ length: 50 }, () => answerTo('garbage\r\n\r\n')));

    expect((await app.a.get('/v1/threads')).status).toBe(200);
  });
});

describe('a request with the whole URL, as for a proxy,', () => {
  it('is answered in the envelope', async () => {
    const { status, body } = await answerTo(head('GET http://elsewhere/v1/threads HTTP/1.1'));

    expect([status, body]).toEqual([404, unknownUrl('GET', 'http://elsewhere/v1/threads')]);
  });

  it('needs a key as any other', async () => {
    const { status } = await answerTo('GET http://elsewhere/threads HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');

    expect(status).toBe(401);
  });
});
