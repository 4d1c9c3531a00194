import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { RateLimitError } from 'openai';
import { clientOfNewProject, startApp, startServerOn, type TestApp, type TestServer } from '../support/app.js';
import { ok } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { statusesOf, times } from '../support/statuses.js';

const LIMIT = 5;

let app: TestApp;
const servers: TestServer[] = [];

beforeAll(async () => {
  app = await startApp();
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

afterAll(() => app.close());

/** A server that has seen no key yet; the tests are behind a proxy that it trusts, unless `env` says otherwise. */
async function newServer(env: Record<string, string> = {}): Promise<string> {
  const settings = { AUTH_FAILURE_LIMIT: String(LIMIT), TRUST_PROXY: 'loopback', ...env };
  const server = await startServerOn(app.database, settings);
  servers.push(server);
  return server.url;
}

const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });

const ask = (url: string, key: string | undefined, address = '192.0.2.1'): Promise<Answer> =>
  new Client(url, key).get('/v1/threads', from(address));

const guess = (url: string, count: number, address?: string): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => ask(url, `sk-ts-guess-${n}`, address)));

describe('AUTH_FAILURE_LIMIT', () => {
  // Breaks when wrong keys are not counted, or are counted only before they are looked up.
  it('lets an address try so many wrong keys, however many at once, and refuses the rest', async () => {
    const url = await newServer();

    const answers = await guess(url, 4 * LIMIT);

    expect(statusesOf(answers)).toEqual([...times(LIMIT, 401), ...times(3 * LIMIT, 429)]);
    const refused = answers.find(({ status }) => status === 429)!;
    const seconds = Number(refused.headers.get('retry-after'));
    expect(refused.body).toEqual({
      error: {
        message:
          `Too many incorrect API keys were sent from this address. Limit: ${LIMIT} / min. ` +
          `Please try again in ${seconds}s.`,
        type: 'requests',
        param: null,
        code: 'too_many_incorrect_api_keys',
      },
    });
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('is a RateLimitError to the SDK', async () => {
    const url = await newServer();
    await guess(url, LIMIT);
    const sdk = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: 'sk-ts-guess',
      maxRetries: 0,
      defaultHeaders: from('192.0.2.1'),
    });

    await expect(sdk.beta.threads.create()).rejects.toBeInstanceOf(RateLimitError);
  });

  // Breaks when the brake comes after the look-up.
  it('looks up nothing more for an address that has reached it', async () => {
    const url = await newServer();
    await guess(url, LIMIT);

    await app.database.query('ALTER TABLE api_keys RENAME TO away');
    try {
      expect(statusesOf([await ask(url, 'sk-ts-guess'), await ask(url, 'sk-ts-guess', '192.0.2.2')])).toEqual([
        429, 503,
      ]);
    } finally {
      await app.database.query('ALTER TABLE away RENAME TO api_keys');
    }
  });

  it('is that of an address: good keys work from elsewhere, and wrong ones are told so', async () => {
    const url = await newServer();
    await guess(url, 2 * LIMIT);

    const answers = [await ask(url, app.a.key, '192.0.2.2'), await ask(url, 'sk-ts-guess', '192.0.2.2')];

    expect(statusesOf(answers)).toEqual([200, 401]);
  });

  // Breaks when the good keys that were seen are not remembered.
  it('does not stop a good key that this server has seen, wherever that was', async () => {
    const url = await newServer();
    ok(await ask(url, app.a.key, '192.0.2.2'));
    await guess(url, 2 * LIMIT);
    // By now the key has to be looked up again: its caller is remembered for 750 ms.
    await new Promise((resolve) => setTimeout(resolve, 800));

    const answers = [await ask(url, app.a.key), await ask(url, app.b.key)];

    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
  });

  it('stops a key that was good and is revoked', async () => {
    const url = await newServer();
    const leaver = await clientOfNewProject(app.admin, 'Leaver');
    ok(await ask(url, leaver.key));
    await guess(url, LIMIT);
    await app.database.query(`DELETE FROM api_keys WHERE redacted LIKE '%' || $1`, [String(leaver.key).slice(-4)]);
    await new Promise((resolve) => setTimeout(resolve, 800));

    expect((await ask(url, leaver.key)).body.error.code).toBe('too_many_incorrect_api_keys');
  });

  it('counts no request without a key, and no good key in the wrong place', async () => {
    const url = await newServer();
    const inTheWrongPlace = new Client(url, app.a.key);

    for (let n = 0; n < 2 * LIMIT; n++) {
      expect((await ask(url, undefined)).status).toBe(401);
      expect((await inTheWrongPlace.get('/v1/organization/projects', from('192.0.2.1'))).status).toBe(403);
    }

    expect((await ask(url, app.b.key)).status).toBe(200);
  });

  it('is nothing to health checks and the docs', async () => {
    const url = await newServer();
    await guess(url, LIMIT + 1);
    const anyone = new Client(url, 'sk-ts-guess');

    const answers = await Promise.all(
      ['/health/live', '/health/ready', '/docs-json'].map((path) => anyone.get(path, from('192.0.2.1'))),
    );

    expect(statusesOf(answers)).toEqual(times(3, 200));
  });

  it('is switched off by 0', async () => {
    const url = await newServer({ AUTH_FAILURE_LIMIT: '0' });

    expect(statusesOf(await guess(url, 100))).toEqual(times(100, 401));
  });
});

describe('TRUST_PROXY', () => {
  // Breaks when X-Forwarded-For is believed from anyone.
  it.each([
    ['is not set', ''],
    ['names another proxy', '10.0.0.0/8'],
  ])('makes no one believe X-Forwarded-For when it %s', async (_, proxies) => {
    const url = await newServer({ TRUST_PROXY: proxies });

    const answers = [...(await guess(url, LIMIT)), ...(await guess(url, 2, '192.0.2.2'))];

    expect(statusesOf(answers)).toEqual([...times(LIMIT, 401), 429, 429]);
  });

  it('believes the last address that no trusted proxy has, not what the sender put in front of it', async () => {
    const url = await newServer();
    await guess(url, LIMIT);

    expect((await ask(url, 'sk-ts-guess', '198.51.100.7, 192.0.2.1')).status).toBe(429);
    expect((await ask(url, 'sk-ts-guess', '192.0.2.1, 198.51.100.7')).status).toBe(401);
  });
});
