import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread, noMessage, noThread, ok, refusal } from '../support/build.js';
import type { Client } from '../support/client.js';
import { rawAnswers } from '../support/raw.js';

let app: TestApp;
let lists: [name: string, caller: Client, url: string, unknown: (id: string) => object][];

const no = (what: string) => (id: string) => refusal(`No ${what} found with id '${id}'.`);

beforeAll(async () => {
  app = await startApp();
  const { id } = await aThread(app.a, { messages: [{ role: 'user', content: 'Hello' }] });
  const projects = '/v1/organization/projects';
  const project = ok(await app.admin.post(projects, { name: 'Hostile' })).id;
  ok(await app.admin.post(`${projects}/${project}/service_accounts`, { name: 'Hostile' }));
  lists = [
    ['threads', app.a, '/v1/threads', noThread],
    ['messages', app.a, `/v1/threads/${id}/messages`, noMessage],
    ['projects', app.admin, projects, no('project')],
    ['service accounts', app.admin, `${projects}/${project}/service_accounts`, no('service account')],
    ['API keys', app.admin, `${projects}/${project}/api_keys`, no('API key')],
  ];
});

afterAll(() => app.close());

// Breaks when a cursor is read as anything but an id that is looked up: as SQL, as a number, as a pattern, as JSON.
describe('a cursor that nobody was given', () => {
  it.each([
    "x' OR '1'='1",
    "'; DROP TABLE threads; --",
    '1); SELECT pg_sleep(5); --',
    '%',
    '_',
    'thread_%',
    '*',
    '-1',
    '0',
    '1e9',
    'null',
    'undefined',
    'NaN',
    '{"$gt":""}',
    '["thread_"]',
    '../threads',
    '${jndi:ldap://x}',
    '{{7*7}}',
    'eyJpZCI6InRocmVhZF8xIn0=',
    '////',
    '\u202e\ufeff\ufffd',
    'thread_\r\nX-A: b',
    '😀'.repeat(128),
  ])('is an id that is not found, in every list: %j', async (cursor) => {
    for (const [name, caller, url, unknown] of lists) {
      const { status, body } = await caller.get(`${url}?after=${encodeURIComponent(cursor)}`);

      expect([name, status, body]).toEqual([name, 404, unknown(cursor)]);
    }
  });

  it.each([
    ['513 characters', 'x'.repeat(513), 'string_above_max_length'],
    ['U+0000', 'thread_%00', 'invalid_string'],
  ])('is refused before it is looked up, in every list: %s', async (_, cursor, code) => {
    for (const [name, caller, url] of lists) {
      const { status, body } = await caller.get(`${url}?after=${cursor}`);

      expect([name, status, body.error.param, body.error.code]).toEqual([name, 400, 'after', code]);
    }
  });

  it('is never read when it is 1 MB', async () => {
    for (const [name, { key }, url] of lists) {
      const head = `GET ${url}?after=${'x'.repeat(1_000_000)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`;
      const [answer] = await rawAnswers(app.url, head);

      expect([name, answer?.status]).toEqual([name, 431]);
    }
  });
});

describe('a parameter in a form that was not asked for', () => {
  it.each([
    'limit=1&limit=2',
    'limit[]=1',
    'limit[$gt]=1',
    'limit[__proto__]=1',
    'limit=1e9',
    'limit=0x10',
    'limit=%EF%BC%91',
    'limit=1%00',
    'limit=+1',
    'limit= 1',
    'after[]=x',
    'after[not]=',
    'after=a&after=b',
    `limit=${'9'.repeat(5_000)}`,
    `limit=${'9'.repeat(5_000)}x`,
  ])('is refused by its name, in every list: %.40s', async (query) => {
    const [param] = query.split(/[[=]/);
    for (const [name, caller, url] of lists) {
      const { status, body } = await caller.get(`${url}?${query}`);

      expect([name, status, body.error.type, body.error.param]).toEqual([name, 400, 'invalid_request_error', param]);
    }
  });

  it.each(['order=;drop', 'order[]=asc', 'order=asc&order=asc', 'before[]=x', 'before[not]='])(
    'is refused by its name, in the lists that have it: %s',
    async (query) => {
      const [param] = query.split(/[[=]/);
      for (const [name, caller, url] of lists.slice(0, 2)) {
        const { status, body } = await caller.get(`${url}?${query}`);

        expect([name, status, body.error.param]).toEqual([name, 400, param]);
      }
    },
  );
});
