import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread, noThread, ok, refusal } from '../support/build.js';
import { rawAnswers } from '../support/raw.js';

const MALFORMED_REQUEST = refusal('The request could not be parsed as HTTP.', null, 'malformed_request');
const MALFORMED_URL = refusal('The URL of the request is not valid.', null, 'malformed_url');
const UNMET = refusal(
  "The 'Expect' header of the request cannot be met: only 100-continue can.",
  null,
  'expectation_failed',
);
const NOT_AN_OBJECT = refusal(
  'Invalid type for the request body: expected an object, but got an array instead.',
  null,
  'invalid_type',
);
const JSON_LINES = ['Content-Type: application/json', 'Content-Length: 2'];

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

// None of it takes the server down.
afterEach(async () => {
  ok(await app.a.get('/v1/threads'));
});

const head = (requestLine: string, ...lines: string[]): string =>
  [requestLine, 'Host: x', `Authorization: Bearer ${app.a.key}`, ...lines, '', ''].join('\r\n');

/** A request after whose answer the connection is closed. */
const lastHead = (requestLine: string, ...lines: string[]): string => head(requestLine, ...lines, 'Connection: close');

const outcomesOf = async (bytes: string): Promise<unknown[]> =>
  (await rawAnswers(app.url, bytes)).map(({ status, body }) => [status, body]);

const storedThreads = (): Promise<object[]> => app.database.query('SELECT id FROM threads');

// Breaks without `checkExpectation` in http/request-head.ts: Node then answers 417 without a body.
describe('the header Expect', () => {
  it.each(['202-accepted', '100-continued', 'x'])('that says %s is refused in the envelope', async (expectation) => {
    const before = await storedThreads();

    const bytes = `${lastHead('POST /v1/threads HTTP/1.1', ...JSON_LINES, `Expect: ${expectation}`)}{}`;

    expect(await outcomesOf(bytes)).toEqual([[417, UNMET]]);
    expect(await storedThreads()).toEqual(before);
  });

  it('that says 100-continue is met', async () => {
    const bytes = `${lastHead('POST /v1/threads HTTP/1.1', ...JSON_LINES, 'Expect: 100-continue')}[]`;

    expect(await outcomesOf(bytes)).toEqual([
      [100, ''],
      [400, NOT_AN_OBJECT],
    ]);
  });
});

// Breaks without `saysTwice` in http/request-head.ts: Node keeps the first and drops the second.
describe('a header that is sent twice', () => {
  it.each([
    ['Host', ['Host: y']],
    ['Content-Type', ['Content-Type: application/json', 'Content-Type: text/plain', 'Content-Length: 2']],
    ['Content-Type, once in capitals', ['content-type: text/plain', 'CONTENT-TYPE: application/json']],
  ])('is refused, neither value being taken: %s', async (_, lines) => {
    expect(await outcomesOf(`${lastHead('POST /v1/threads HTTP/1.1', ...lines)}{}`)).toEqual([
      [400, MALFORMED_REQUEST],
    ]);
  });
});

describe('a request after others on the same connection', () => {
  const invalid: [string, string, number, unknown][] = [
    ['garbage', 'garbage\r\n\r\n', 400, MALFORMED_REQUEST],
    ['a header of 20 KB', `GET / HTTP/1.1\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431, expect.anything()],
  ];

  // Breaks when refuseConnection() in http/refused-connection.ts answers at once.
  it.each(invalid)('that is %s is answered after them', async (_, bytes, status, body) => {
    const thread = await aThread(app.a);
    const valid = head(`GET /v1/threads/${thread.id} HTTP/1.1`);

    expect(await outcomesOf(valid.repeat(3) + bytes)).toEqual([
      [200, thread],
      [200, thread],
      [200, thread],
      [status, body],
    ]);
  });

  it('whose chunks are malformed is answered after them, and once', async () => {
    const thread = await aThread(app.a);
    const chunked = head('POST /v1/threads HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked');

    const outcomes = await outcomesOf(`${head(`GET /v1/threads/${thread.id} HTTP/1.1`)}${chunked}zz\r\nzz\r\nzz\r\n`);

    expect(outcomes).toEqual([
      [200, thread],
      [400, MALFORMED_REQUEST],
    ]);
  });

  it('is answered in its turn, however many there are', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => `thread_${i}`);
    const requests = ids.map((id, i) => (i === 49 ? lastHead : head)(`GET /v1/threads/${id} HTTP/1.1`));

    expect(await outcomesOf(requests.join(''))).toEqual(ids.map((id) => [404, noThread(id)]));
  });

  // Breaks when a second answer is written to a request that was answered before its body was there.
  it('is no reason to answer twice to one that was refused early', async () => {
    const anonymous = 'POST /v1/threads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';

    const answers = await rawAnswers(app.url, anonymous, 'zz\r\n');

    expect(answers.map(({ status }) => status)).toEqual([401]);
  });
});

describe('a method that asks for another protocol', () => {
  it('is refused in the envelope: CONNECT', async () => {
    expect(await outcomesOf('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n')).toEqual([
      [
        405,
        refusal('Not allowed to CONNECT on example.com:443. (HINT: Perhaps you meant to use a different HTTP method?)'),
      ],
    ]);
  });

  it.each(['websocket', 'h2c', 'TLS/1.3'])('is answered without it: Upgrade to %s', async (protocol) => {
    const bytes = head('GET /v1/threads/thread_x HTTP/1.1', 'Connection: close, Upgrade', `Upgrade: ${protocol}`);

    expect(await outcomesOf(bytes)).toEqual([[404, noThread('thread_x')]]);
  });
});

describe('white space around a content type', () => {
  it.each(['  application/json', 'application/json \t', '\t application/json ; charset=utf-8'])(
    'does not get a body past the rules: %j',
    async (type) => {
      const lines = [`Content-Type:${type}`, 'Content-Length: 2'];

      expect(await outcomesOf(`${lastHead('POST /v1/threads HTTP/1.1', ...lines)}[]`)).toEqual([[400, NOT_AN_OBJECT]]);
    },
  );
});

describe('a head of many headers', () => {
  it('is read while it is within its 16 KiB', async () => {
    const { id } = await aThread(app.a);
    const [answer] = await rawAnswers(
      app.url,
      lastHead(`GET /v1/threads/${id} HTTP/1.1`, 'a:\r\n'.repeat(3_000).trimEnd()),
    );

    expect(answer?.status).toBe(200);
  });

  it('is refused with 100,000', async () => {
    const [answer] = await rawAnswers(
      app.url,
      lastHead('GET /v1/threads HTTP/1.1', 'a:\r\n'.repeat(100_000).trimEnd()),
    );

    expect(answer).toMatchObject({ status: 431, body: { error: { code: 'headers_too_large', param: null } } });
  });
});

describe('an escape in a query', () => {
  const urls = ['/v1/threads', '/v1/threads/thread_x', '/v1/threads/thread_x/messages', '/v1/organization/projects'];

  // Breaks without isDecodable() in http/request-head.ts: what was not UTF-8 is then read as U+FFFD.
  it.each(['after=%ff', 'metadata[user]=%c3%28', '%ED%A0%80=x', 'after=%', 'limit=%zz', 'run_id=%u0041'])(
    'that is no UTF-8 is refused, as in a path: %s',
    async (query) => {
      for (const url of urls) {
        for (const caller of [app.a, app.anonymous]) {
          const { status, body } = await caller.get(`${url}?${query}`);

          expect([url, status, body]).toEqual([url, 400, MALFORMED_URL]);
        }
      }
    },
  );

  it('that is UTF-8 is what is looked for', async () => {
    const thread = await aThread(app.a, { metadata: { 'é😀&=[]%+': 'a b+c%zz\ufffd' } });

    const query = `metadata[${encodeURIComponent('é😀&=[]%+')}]=a+b%2Bc%25zz%EF%BF%BD`;

    expect(ok(await app.a.get(`/v1/threads?${query}`)).data).toEqual([thread]);
  });
});

describe('a part of a URL that is none of the API', () => {
  it.each(['/v1/threads/thread_x?', '/v1/threads/thread_x?=', '/v1/threads/thread_x?&&', '/v1/threads/thread_x#x'])(
    'changes nothing: %s',
    async (url) => {
      expect(await outcomesOf(lastHead(`GET ${url} HTTP/1.1`))).toEqual([[404, noThread('thread_x')]]);
    },
  );

  it('is no URL at all: *', async () => {
    const [answer] = await rawAnswers(app.url, lastHead('OPTIONS * HTTP/1.1'));

    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'unknown_url' } } });
  });
});
