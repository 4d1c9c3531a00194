import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, startServerOn, type TestApp } from './support/app.js';
import { aMessage, aThread, ok, refusal } from './support/build.js';
import { type Answer, Client } from './support/client.js';
import { openApi } from './support/contract.js';

const PROJECTS = '/v1/organization/projects';
const GIB = 1024 ** 3;

const NO_KEY = refusal(
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the " +
    'API from your browser and are prompted for a username and password. You can obtain an API key from ' +
    'https://platform.openai.com/account/api-keys.',
);
const wrongKey = (masked: string): object =>
  refusal(
    `Incorrect API key provided: ${masked}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    null,
    'invalid_api_key',
  );
const FORBIDDEN = refusal('You have insufficient permissions for this operation.', null, 'insufficient_permissions');
const NO_BETA = refusal(
  "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header " +
    "'OpenAI-Beta: assistants=v2'.",
  null,
  'invalid_beta',
);

let app: TestApp;
let projectOfA: string;

beforeAll(async () => {
  app = await startApp();
  projectOfA = ok(await app.admin.get(PROJECTS)).data.find(
    ({ name }: { name: string }) => name === 'Default project',
  ).id;
});

afterAll(() => app.close());

const withAuthorization = (authorization: string): Promise<Answer> =>
  app.anonymous.get('/v1/threads', { authorization });

describe('the Authorization header', () => {
  it('has to be there', async () => {
    const answer = await app.anonymous.get('/v1/threads');

    expect([answer.status, answer.body]).toEqual([401, NO_KEY]);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="OpenAI API"');
  });

  it.each(['', 'Bearer', 'Bearer ', 'Bearer    ', 'Basic OnNrLXRz', 'Token sk-ts-a', 'Bearersk-ts-a', 'Bearer\tsk'])(
    'is no key as "%s"',
    async (authorization) => {
      const answer = await withAuthorization(authorization);

      expect([answer.status, answer.body]).toEqual([401, NO_KEY]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="OpenAI API"');
    },
  );

  it('is no key without a scheme', async () => {
    const answer = await withAuthorization(String(app.a.key));

    expect([answer.status, answer.body]).toEqual([401, NO_KEY]);
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR', 'Bearer   '])('takes the scheme as "%s"', async (scheme) => {
    expect((await withAuthorization(`${scheme} ${app.a.key}`)).status).toBe(200);
  });

  it('names a wrong key, its middle masked', async () => {
    const answer = await withAuthorization('Bearer not-a-real-key-that-was-authorized');

    expect([answer.status, answer.body]).toEqual([401, wrongKey('not-a-re**********************ized')]);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="OpenAI API"');
  });

  it('shows a short wrong key whole', async () => {
    expect((await withAuthorization('Bearer fake_key')).body).toEqual(wrongKey('fake_key'));
  });

  it.each([
    ['of another case', (key: string) => key.toUpperCase()],
    ['with a character more', (key: string) => `${key}x`],
    ['with a character less', (key: string) => key.slice(0, -1)],
    ['with another last character', (key: string) => `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`],
    ['of 10,000 characters', (key: string) => key.padEnd(10_000, 'x')],
  ])('takes no key %s', async (_, change) => {
    const answer = await withAuthorization(`Bearer ${change(String(app.a.key))}`);

    expect([answer.status, answer.body.error.code]).toEqual([401, 'invalid_api_key']);
    expect(answer.body.error.message).not.toContain(String(app.a.key).slice(8, -4));
  });

  it.each(['/v1/threads?api_key=', '/v1/threads?key=', '/v1/threads?authorization=Bearer%20'])(
    'is the only place for a key, not %s',
    async (url) => {
      expect((await app.anonymous.get(`${url}${app.a.key}`)).status).toBe(401);
    },
  );
});

describe('a key given as API_KEY', () => {
  it.each(['My API Key of 2026', 'two  spaces  inside', 'Bearer Bearer Bearer'])('works as "%s"', async (key) => {
    const server = await startServerOn(app.database, { API_KEY: key });
    try {
      const caller = new Client(server.url, key);
      expect((await caller.get('/v1/threads')).status).toBe(200);
      expect((await new Client(server.url, key.replaceAll(' ', '')).get('/v1/threads')).status).toBe(401);
    } finally {
      await server.close();
    }
  });
});

describe('the OpenAI-Project header', () => {
  it('may name the project of the key', async () => {
    expect((await app.a.get('/v1/threads', { 'openai-project': projectOfA })).status).toBe(200);
  });

  it.each(['proj_unknown', 'proj_00000000000000000DEFAULT', 'x'])(
    'may not name another one, such as "%s"',
    async (project) => {
      const answer = await app.a.get('/v1/threads', { 'openai-project': project });

      expect([answer.status, answer.body]).toEqual([
        401,
        refusal('OpenAI-Project header should match project for API key', null, 'mismatched_project'),
      ]);
    },
  );

  it('opens no other project', async () => {
    const thread = await aThread(app.a);

    const answer = await app.b.get(`/v1/threads/${thread.id}`, { 'openai-project': projectOfA });

    expect(answer.status).toBe(401);
  });

  it('means nothing next to an admin key', async () => {
    expect((await app.admin.get(PROJECTS, { 'openai-project': 'proj_unknown' })).status).toBe(200);
  });
});

describe('authentication', () => {
  const json = { 'content-type': 'application/json' };

  it.each([
    ['malformed JSON', json, '{'],
    ['a body of the wrong schema', json, '{"colour":"red"}'],
    ['a body of another type', { 'content-type': 'text/plain' }, 'Hello'],
    ['a body that is too large', json, ' '.repeat(2 * 1024 * 1024)],
  ])('comes before %s', async (_, headers, body) => {
    const anonymous = await app.anonymous.send('POST', '/v1/threads/thread_abc', { headers, body });
    const unknown = await new Client(app.url, 'fake_key').send('POST', '/v1/threads/thread_abc', { headers, body });

    expect([anonymous.status, anonymous.body]).toEqual([401, NO_KEY]);
    expect([unknown.status, unknown.body]).toEqual([401, wrongKey('fake_key')]);
  });

  it.each([
    ['/v1/threads/undefined', undefined],
    ['/v1/threads?limit=1000', undefined],
    ['/v1/threads/thread_abc/messages/undefined', undefined],
  ])('comes before the checks of %s', async (url) => {
    expect((await app.anonymous.get(url)).body).toEqual(NO_KEY);
  });

  it('waits for no byte of a body of 1 GiB', async () => {
    const headers = { ...json, 'content-length': String(GIB) };

    expect(await answerToHead('/v1/threads', headers)).toEqual([401, NO_KEY]);
  });

  it('waits for no chunk of a body without a length', async () => {
    expect(await answerToHead('/v1/threads', { ...json, 'transfer-encoding': 'chunked' })).toEqual([401, NO_KEY]);
  });

  it('is told from permission before the body is read', async () => {
    const answer = await app.a.send('POST', PROJECTS, { headers: json, body: '{' });

    expect([answer.status, answer.body]).toEqual([403, FORBIDDEN]);
  });
});

/** Sends the head of a POST and nothing of the body that it announces. */
function answerToHead(path: string, headers: Record<string, string>): Promise<[number | undefined, unknown]> {
  return new Promise((resolve, reject) => {
    const sent = request(app.url + path, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve([response.statusCode, JSON.parse(Buffer.concat(chunks).toString())]);
        sent.destroy();
      });
    });
    sent.on('error', reject);
    sent.flushHeaders();
  });
}

const operations = Object.entries(openApi.paths)
  .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
  .map(({ path, method, operation }) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    // The document's word for who may call it: undefined means everyone.
    kind: Object.keys(Reflect.get(operation, 'security')?.[0] ?? {})[0],
    hasBody: 'requestBody' in operation,
  }));
const closed = operations.filter(({ kind }) => kind !== undefined);
const open = operations.filter(({ kind }) => kind === undefined);

type Operation = (typeof operations)[number];

describe('every operation', () => {
  let ids: Record<string, string>;
  let revoked: Client;

  beforeAll(async () => {
    const thread = await aThread(app.a, {
      tool_resources: { file_search: { vector_stores: [{ file_ids: ['file-abc'] }] } },
    });
    const message = await aMessage(app.a, thread.id);
    const project = ok(await app.admin.post(PROJECTS, { name: 'Project C' }));
    const accounts = `${PROJECTS}/${project.id}/service_accounts`;
    const account = ok(await app.admin.post(accounts, { name: 'Stays' }));
    const leaver = ok(await app.admin.post(accounts, { name: 'Leaves' }));
    revoked = new Client(app.url, leaver.api_key.value);
    ok(await revoked.get('/v1/threads'));
    ok(await app.admin.delete(`${accounts}/${leaver.id}`));
    ids = {
      thread_id: thread.id,
      message_id: message.id,
      vector_store_id: thread.tool_resources.file_search.vector_store_ids[0],
      project_id: project.id,
      service_account_id: account.id,
      api_key_id: account.api_key.id,
    };
  });

  /** The body is not JSON: the refusal has to come before anyone looks. */
  const call = (client: Client, { method, path, hasBody }: Operation): Promise<Answer> =>
    client.send(method, `/v1${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name]!)}`, {
      headers: hasBody ? { 'content-type': 'application/json' } : {},
      body: hasBody ? '{' : undefined,
    });

  it('is in the matrix', () => {
    expect(new Set(closed.map(({ kind }) => kind))).toEqual(new Set(['project_key', 'admin_key']));
    expect(open.map(({ name }) => name)).toEqual(['GET /health/live', 'GET /health/ready', 'GET /metrics']);
  });

  it.each(closed)('$name refuses a caller without a key', async (operation) => {
    const answer = await call(app.anonymous, operation);

    expect([answer.status, answer.body]).toEqual([401, NO_KEY]);
  });

  it.each(closed)('$name refuses an unknown key', async (operation) => {
    const answer = await call(new Client(app.url, 'not-a-real-key-that-was-authorized'), operation);

    expect([answer.status, answer.body]).toEqual([401, wrongKey('not-a-re**********************ized')]);
  });

  it.each(closed)('$name refuses a revoked key', async (operation) => {
    const answer = await call(revoked, operation);

    const key = String(revoked.key);
    const masked = `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`;
    expect([answer.status, answer.body]).toEqual([401, wrongKey(masked)]);
  });

  it.each(closed)('$name refuses a key of the wrong kind, $kind being the right one', async (operation) => {
    const answer = await call(operation.kind === 'admin_key' ? app.a : app.admin, operation);

    expect([answer.status, answer.body]).toEqual([403, FORBIDDEN]);
  });

  it.each(open)('$name asks for no key', async (operation) => {
    const answers = await Promise.all([app.anonymous, revoked, app.a].map((client) => call(client, operation)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe('OPENAI_BETA=required', () => {
  let server: Awaited<ReturnType<typeof startServerOn>>;
  let strict: Client;

  beforeAll(async () => {
    server = await startServerOn(app.database, { OPENAI_BETA: 'required' });
    strict = new Client(server.url, app.a.key);
  });

  afterAll(() => server.close());

  const json = { 'content-type': 'application/json' };

  // Events are ours: OpenAI's servers had none to ask it for.
  it.each(operations.filter(({ path }) => path.startsWith('/threads') && !path.endsWith('/events')))(
    'refuses $name without the header',
    async ({ method, path }) => {
      const answer = await strict.send(method, path);

      expect([answer.status, answer.body]).toEqual([400, NO_BETA]);
    },
  );

  it.each(['', 'realtime=v1'])('refuses the header "%s"', async (beta) => {
    expect((await strict.get('/v1/threads', { 'openai-beta': beta })).body).toEqual(NO_BETA);
  });

  it.each(['assistants=v2', 'assistants=v1', 'realtime=v1, assistants=v2'])('accepts "%s"', async (beta) => {
    expect((await strict.post('/v1/threads', undefined, { 'openai-beta': beta })).status).toBe(200);
  });

  it('looks after the key and before the body', async () => {
    const anonymous = await new Client(server.url, undefined).get('/v1/threads');
    const malformed = await strict.send('POST', '/v1/threads', { headers: json, body: '{' });

    expect([anonymous.body, malformed.body]).toEqual([NO_KEY, NO_BETA]);
  });

  it('asks nothing of administrators and health checks', async () => {
    const answers = [await strict.get('/health/live'), await new Client(server.url, app.admin.key).get(PROJECTS)];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('by default', () => {
  it.each<Record<string, string>>([{}, { 'openai-beta': '' }, { 'openai-beta': 'anything' }])(
    'the OpenAI-Beta header may be %p',
    async (headers) => {
      expect((await app.a.get('/v1/threads', headers)).status).toBe(200);
    },
  );
});
