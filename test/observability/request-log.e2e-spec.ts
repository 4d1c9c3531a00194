import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { type Answer, Client } from '../support/client.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const API_KEY = 'sk-ts-key-of-the-log-test';
const ADMIN_API_KEY = 'sk-ts-admin-key-of-the-log-test';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

type Line = Record<string, unknown>;

let database: TestApp;
let installation: Installation;
let server: ServerProcess;
let keyId: unknown;
let adminKeyId: unknown;

beforeAll(async () => {
  database = await startApp();
  installation = await Installation.make();
  server = await installation.start({
    DATABASE_URL: database.database.ownerUrl,
    LOG_LEVEL: 'info',
    API_KEY,
    ADMIN_API_KEY,
  });
  keyId = await newestIn('api_keys');
  adminKeyId = await newestIn('admin_api_keys');
});

const newestIn = async (table: string): Promise<unknown> =>
  (await database.database.query(`SELECT id FROM ${table} ORDER BY created_at DESC LIMIT 1`))[0]?.id;

afterAll(async () => {
  await installation.remove();
  await database.close();
});

const linesSoFar = (): Line[] =>
  server.stdout
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => JSON.parse(line));

/** The one line of a request. */
async function lineOf({ headers }: Answer): Promise<Line> {
  const id = headers.get('x-request-id');
  await until(async () => linesSoFar().some(({ reqId }) => reqId === id));
  const [line, ...others] = linesSoFar().filter(({ reqId }) => reqId === id);
  expect(others).toEqual([]);
  return line!;
}

const common = {
  level: 30,
  time: expect.any(Number),
  pid: expect.any(Number),
  hostname: expect.any(String),
  ms: expect.any(Number),
  msg: 'request',
};

describe('the line of a request', () => {
  // What breaks it: a field that is not named here, or a request without a line.
  it('names its ids, its route, how it ended, and whose key it had', async () => {
    const headers = { 'x-request-id': 'edge-17', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

    const line = await lineOf(await new Client(server.url, API_KEY).get('/v1/threads/thread_abc?limit=1', headers));

    expect(line).toEqual({
      ...common,
      reqId: 'edge-17',
      trace: TRACE,
      method: 'GET',
      route: '/threads/:thread_id',
      status: 404,
      project: 'proj_00000000000000000default',
      key: keyId,
    });
  });

  it('has no project when the key is that of an administrator', async () => {
    const line = await lineOf(await new Client(server.url, ADMIN_API_KEY).get('/v1/organization/projects'));

    expect(line).toEqual({
      ...common,
      reqId: expect.stringMatching(/^req_/),
      method: 'GET',
      route: '/organization/projects',
      status: 200,
      key: adminKeyId,
    });
  });

  it('has neither key nor route when there is none', async () => {
    const line = await lineOf(await new Client(server.url, undefined).get('/v1/nowhere'));

    expect(line).toEqual({ ...common, reqId: expect.stringMatching(/^req_/), method: 'GET', status: 404 });
  });
});

describe('LOG_FORMAT=pretty', () => {
  // What breaks it: lines of JSON.
  it('writes lines for people, with the same in them', async () => {
    const pretty = await installation.start({
      DATABASE_URL: database.database.ownerUrl,
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'pretty',
      API_KEY,
    });
    await new Client(pretty.url, API_KEY).get('/v1/threads', { 'x-request-id': 'edge-18' });
    await until(async () => pretty.stdout.includes('edge-18'));

    const line = pretty.stdout.split('\n').find((each) => each.includes('edge-18'));
    expect(line).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: request \{"reqId":"edge-18","method":"GET","route":"\/threads","status":200,"ms":\d+,"project":"proj_00000000000000000default","key":"key_\w+"\}$/,
    );
  });
});
