import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, startServerOn, type TestApp, type TestServer } from '../support/app.js';
import { aThread, refusal } from '../support/build.js';
import { trickle } from '../support/slow-client.js';

const TOO_SLOW = refusal('The request did not arrive in time.', null, 'request_timeout');

/** Node looks for slow clients so often. The rest is for machines that have much else to do. */
const CHECK_MS = 1_000;
const PATIENCE_MS = 4_000;

let app: TestApp;
let server: TestServer;

beforeAll(async () => {
  app = await startApp();
  server = await startServerOn(app.database);
});

afterAll(async () => {
  await server.close();
  await app.close();
});

describe('the time for a request to arrive', () => {
  // Breaks when one of them is left out: Node would take 60 s for headers, and Fastify any time for all of it.
  it('is 5 seconds for its headers and 30 for all of it, looked at every second', () => {
    const { headersTimeout, requestTimeout } = server.node;

    expect([headersTimeout, requestTimeout]).toEqual([5_000, 30_000]);
    expect(Reflect.get(server.node, 'connectionsCheckingInterval')).toBe(CHECK_MS);
  });

  it('is over after 5 seconds for headers that do not end, a request line that does not, and nothing at all', async () => {
    const cuts = await Promise.all([
      trickle(server.url, 'GET /v1/threads HTTP/1.1\r\nHost: a\r\n', 'X-A: b\r\n'),
      trickle(server.url, 'GET /', 'a'),
      trickle(server.url, '', ''),
    ]);

    expect(cuts.map(({ status, body }) => [status, body])).toEqual(cuts.map(() => [408, TOO_SLOW]));
    for (const { headers, afterMs } of cuts) {
      expect(headers).toMatch(/x-request-id: req_[0-9a-f]{32}\r\n[^]*connection: close/);
      expect(afterMs).toBeGreaterThan(4_900);
      expect(afterMs).toBeLessThan(5_000 + CHECK_MS + PATIENCE_MS);
    }
  });

  // That it is 30 seconds is for the first test to say: here it is one. Node takes the longer time for the body.
  it('is over for a body that does not end, of a caller who has a key', async () => {
    const { id } = await aThread(app.a);
    const { headersTimeout, requestTimeout } = server.node;
    Object.assign(server.node, { headersTimeout: 1_000, requestTimeout: 1_000 });
    try {
      const head =
        `POST /v1/threads/${id} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${app.a.key}\r\n` +
        'Content-Type: application/json\r\n';
      const cuts = await Promise.all([
        trickle(server.url, `${head}Content-Length: 1000\r\n\r\n{`, ' '),
        trickle(server.url, `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, '1\r\n \r\n'),
      ]);

      expect(cuts.map(({ status, body }) => [status, body])).toEqual([
        [408, TOO_SLOW],
        [408, TOO_SLOW],
      ]);
      expect(Math.max(...cuts.map(({ afterMs }) => afterMs))).toBeLessThan(1_000 + CHECK_MS + PATIENCE_MS);
    } finally {
      Object.assign(server.node, { headersTimeout, requestTimeout });
    }
    expect((await app.a.get(`/v1/threads/${id}`)).status).toBe(200);
  });
});
