import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { RateLimitError } from 'openai';
import { clientOfNewProject, startApp, startServerOn, type TestApp, type TestServer } from '../support/app.js';
import { aThread, ok } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { sorted, statusesOf, times } from '../support/statuses.js';

/** Each request comes back after 10 seconds: no test takes so long. */
const LIMIT = 6;
const PROJECTS = '/v1/organization/projects';

let app: TestApp;
const servers: TestServer[] = [];

beforeAll(async () => {
  app = await startApp({ RATE_LIMIT: String(LIMIT) });
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

afterAll(() => app.close());

/** A key that has all of its requests. */
const aKey = (): Promise<Client> => clientOfNewProject(app.admin, 'Limited');

/** The same key, at one more server of the same database. */
async function elsewhere(
  { key }: Client,
  env: Record<string, string> = { RATE_LIMIT: String(LIMIT) },
): Promise<Client> {
  const server = await startServerOn(app.database, env);
  servers.push(server);
  return new Client(server.url, key);
}

const ask = (client: Client, count: number): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, () => client.get('/v1/threads')));

const limitsOf = ({ headers }: Answer): [string, string][] =>
  [...headers].filter(([name]) => /ratelimit|retry/.test(name));

/** Which key this is, as the administrator sees it. */
async function ownerOf({ key }: Client): Promise<{ project: string; key: string }> {
  for (const project of ok(await app.admin.get(`${PROJECTS}?limit=100`)).data) {
    const keys = ok(await app.admin.get(`${PROJECTS}/${project.id}/api_keys`)).data;
    const found = keys.find(({ redacted_value }: { redacted_value: string }) =>
      redacted_value.endsWith(String(key).slice(-4)),
    );
    if (found) return { project: project.id, key: found.id };
  }
  throw new Error('There is no such key.');
}

describe('RATE_LIMIT', () => {
  // Breaks when the guard is not registered, or when the statement grants more than there is.
  it('lets a key ask so many times, however many at once, and refuses the rest as OpenAI did', async () => {
    const client = await aKey();

    const answers = await ask(client, 3 * LIMIT);

    expect(statusesOf(answers)).toEqual([...times(LIMIT, 200), ...times(2 * LIMIT, 429)]);
    const refused = answers.find(({ status }) => status === 429)!;
    const owner = await ownerOf(client);
    const seconds = refused.headers.get('retry-after');
    expect(refused.body).toEqual({
      error: {
        message:
          `Rate limit reached for ${owner.key} in project ${owner.project} on requests per min. ` +
          `Limit: ${LIMIT} / min. Please try again in ${seconds}s.`,
        type: 'requests',
        param: null,
        code: 'rate_limit_exceeded',
      },
    });
    expect(Number(seconds)).toBeGreaterThanOrEqual(1);
    expect(Number(seconds)).toBeLessThanOrEqual(10);
  });

  it('tells every answer what is left', async () => {
    const client = await aKey();

    const answers = [
      await client.post('/v1/threads'),
      await client.get('/v1/threads/undefined'),
      await client.get('/v1/threads/thread_abc'),
      await client.send('POST', '/v1/threads', { headers: { 'content-type': 'text/plain' }, body: 'x' }),
      ...(await ask(client, 2)),
      await client.get('/v1/threads'),
    ];

    expect(statusesOf(answers)).toEqual(sorted([...times(3, 200), 400, 404, 415, 429]));
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-limit-requests'))).toEqual(times(7, 6).map(String));
    expect(answers.slice(0, 4).map(({ headers }) => headers.get('x-ratelimit-remaining-requests'))).toEqual([
      '5',
      '4',
      '3',
      '2',
    ]);
    expect(answers[0]!.headers.get('x-ratelimit-reset-requests')).toBe('10s');
    expect(Object.fromEntries(limitsOf(answers[6]!))).toEqual({
      'retry-after': expect.stringMatching(/^([1-9]|10)$/),
      'x-ratelimit-limit-requests': '6',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': expect.stringMatching(/^(5\d(\.\d+)?s|1m0s)$/),
    });
  });

  it('is that of a key: others go on, of the same project too', async () => {
    const noisy = await aKey();
    const { project } = await ownerOf(noisy);
    const account = ok(await app.admin.post(`${PROJECTS}/${project}/service_accounts`, { name: 'Quiet' }));
    const quiet = [new Client(app.url, account.api_key.value), await aKey()];

    const refused = statusesOf(await ask(noisy, 10 * LIMIT));
    const answers = await Promise.all(quiet.map((client) => ask(client, LIMIT)));

    expect(refused).toEqual([...times(LIMIT, 200), ...times(9 * LIMIT, 429)]);
    expect(answers.map(statusesOf)).toEqual([times(LIMIT, 200), times(LIMIT, 200)]);
  });

  // Breaks when requests are counted in the memory of a server.
  it('is one for all servers of the database', async () => {
    const here = await aKey();
    const there = await elsewhere(here);

    const answers = await Promise.all([ask(here, 2 * LIMIT), ask(there, 2 * LIMIT)]);

    expect(statusesOf(answers.flat())).toEqual([...times(LIMIT, 200), ...times(3 * LIMIT, 429)]);
  });

  it('gives requests back evenly, so that the SDK gets through by itself', async () => {
    const client = await elsewhere(await aKey(), { RATE_LIMIT: '60' });
    expect(statusesOf(await ask(client, 80)).filter((status) => status === 200).length).toBeLessThan(65);
    const sdk = new OpenAI({ baseURL: `${client.baseUrl}/v1`, apiKey: client.key, maxRetries: 0 });
    const patient = new OpenAI({ baseURL: `${client.baseUrl}/v1`, apiKey: client.key, maxRetries: 2 });

    await ask(client, 5);
    await expect(sdk.beta.threads.create()).rejects.toBeInstanceOf(RateLimitError);
    const thread = await patient.beta.threads.create();

    expect(thread.object).toBe('thread');
  });

  it('is nothing to administrators, health checks and the docs', async () => {
    const answers = await Promise.all([
      ...Array.from({ length: 2 * LIMIT }, () => app.admin.get(PROJECTS)),
      ...Array.from({ length: 2 * LIMIT }, () => app.anonymous.get('/health/ready')),
      ...Array.from({ length: 2 * LIMIT }, () => app.anonymous.get('/docs-json')),
      app.anonymous.get('/v1/threads'),
      app.a.get('/v1/nowhere'),
    ]);

    expect(statusesOf(answers)).toEqual([...times(6 * LIMIT, 200), 401, 404]);
    expect(answers.flatMap(limitsOf)).toEqual([]);
  });
});

const rows = (): Promise<unknown[]> => app.database.query('SELECT key_id FROM rate_limits');

describe('what the limits are counted in', () => {
  it('is one row a key, which goes with its key', async () => {
    const client = await aKey();
    const owner = await ownerOf(client);
    await ask(client, LIMIT);
    expect(await rows()).toContainEqual({ key_id: owner.key });

    ok(await app.admin.delete(`${PROJECTS}/${owner.project}/api_keys/${owner.key}`));

    expect(await rows()).not.toContainEqual({ key_id: owner.key });
  });

  it('is made for no key that is gone, though a server has not heard of it yet', async () => {
    const client = await aKey();
    const owner = await ownerOf(client);
    ok(await client.get('/v1/threads'));

    await app.database.query('DELETE FROM api_keys WHERE id = $1', [owner.key]);
    const answers = await ask(client, 3);

    expect(answers.filter(({ status }) => status !== 200 && status !== 401)).toEqual([]);
    expect(await rows()).not.toContainEqual({ key_id: owner.key });
  });

  it('is left alone when there is no limit', async () => {
    const client = await aKey();
    const owner = await ownerOf(client);

    const answers = await ask(await elsewhere(client, {}), 3 * LIMIT);

    expect(statusesOf(answers)).toEqual(times(3 * LIMIT, 200));
    expect(answers.flatMap(limitsOf)).toEqual([]);
    expect(await rows()).not.toContainEqual({ key_id: owner.key });
  });

  // Breaks when a server does not remember which keys have nothing left, or answers 500 for a database that is away.
  it('is not asked for a key that has nothing left, and while it is away others are told 503', async () => {
    const [noisy, quiet] = [await aKey(), await aKey()];
    await ask(noisy, 2 * LIMIT);
    ok(await quiet.get('/v1/threads'));

    await app.database.query('ALTER TABLE rate_limits RENAME TO away');
    try {
      const [refused, failed] = await Promise.all([ask(noisy, 3), ask(quiet, 3)]);
      expect([statusesOf(refused), statusesOf(failed)]).toEqual([times(3, 429), times(3, 503)]);
    } finally {
      await app.database.query('ALTER TABLE away RENAME TO rate_limits');
    }

    expect((await quiet.get('/v1/threads')).status).toBe(200);
  });

  // Breaks when every request is counted by a statement of its own: they would wait for the row on all connections.
  it('holds one connection for a busy key', async () => {
    const [busy, quiet] = [await aKey(), await aKey()];
    const env = { RATE_LIMIT: '1000', DATABASE_POOL_SIZE: '2' };
    const [busyThere, quietThere] = [await elsewhere(busy, env), await elsewhere(quiet, env)];
    const sameServer = new Client(busyThere.baseUrl, quietThere.key);
    await aThread(busyThere);
    const { key } = await ownerOf(busy);
    const locked = app.database.query(
      `DO $$ BEGIN PERFORM 1 FROM rate_limits WHERE key_id = '${key}' FOR UPDATE; PERFORM pg_sleep(1.5); END $$`,
    );
    const waiting = ask(busyThere, 50);

    const answer = await Promise.race([sameServer.get('/v1/threads'), locked]);

    expect(answer).toMatchObject({ status: 200 });
    await locked;
    expect(statusesOf(await waiting)).toEqual(times(50, 200));
  });
});
