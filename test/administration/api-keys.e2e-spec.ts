import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, startServerOn, type TestApp } from '../support/app.js';
import { ok, refusal } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';

const PROJECTS = '/v1/organization/projects';
const DEFAULT_PROJECT = 'proj_00000000000000000default';
const NOW = expect.any(Number);
const EMPTY_LIST = { object: 'list', data: [], first_id: null, last_id: null, has_more: false };

let app: TestApp;
let second: Awaited<ReturnType<typeof startServerOn>>;
let project: Answer['body'];
let keys: string;

beforeAll(async () => {
  app = await startApp();
  second = await startServerOn(app.database);
});

afterAll(async () => {
  await second.close();
  await app.close();
});

beforeEach(async () => {
  project = ok(await app.admin.post(PROJECTS, { name: 'Support desk' }));
  keys = `${PROJECTS}/${project.id}/api_keys`;
});

const anAccount = async (name = 'Bot'): Promise<Answer['body']> =>
  ok(await app.admin.post(`${PROJECTS}/${project.id}/service_accounts`, { name }));
const list = async (query: string): Promise<Answer['body']> => ok(await app.admin.get(`${keys}?${query}`));

const noKey = (id: string): object => refusal(`No API key found with id '${id}'.`);

const asListed = ({ api_key: key, ...account }: Answer['body']): object => ({
  object: 'organization.project.api_key',
  redacted_value: `sk-ts-...${key.value.slice(-4)}`,
  name: 'Secret Key',
  created_at: key.created_at,
  last_used_at: null,
  id: key.id,
  owner_project_access: 'active',
  owner: {
    type: 'service_account',
    service_account: { id: account.id, name: account.name, created_at: account.created_at, role: account.role },
  },
});

describe('GET …/api_keys', () => {
  it('is empty at first', async () => {
    expect(await list('')).toEqual(EMPTY_LIST);
  });

  it('lists the keys of the project, newest first, page by page', async () => {
    const made = [await anAccount('1'), await anAccount('2'), await anAccount('3')].map(asListed);
    const all = await list('');
    const ids = all.data.map(({ id }: { id: string }) => id);

    expect(all).toEqual({
      object: 'list',
      data: expect.any(Array),
      first_id: ids[0],
      last_id: ids[2],
      has_more: false,
    });
    expect(all.data).toHaveLength(3);
    expect(all.data).toEqual(expect.arrayContaining(made));
    expect(await list('limit=2')).toMatchObject({ data: all.data.slice(0, 2), last_id: ids[1], has_more: true });
    expect(await list(`limit=2&after=${ids[1]}`)).toMatchObject({ data: all.data.slice(2), has_more: false });
  });

  it.each(['active', 'any'])('lists them for owner_project_access=%s', async (access) => {
    const account = await anAccount();

    expect((await list(`owner_project_access=${access}`)).data).toEqual([asListed(account)]);
  });

  it('lists none for owner_project_access=inactive', async () => {
    await anAccount();

    expect(await list('owner_project_access=inactive')).toEqual(EMPTY_LIST);
  });

  it('has none left when the project is archived', async () => {
    await anAccount();
    await app.admin.post(`${PROJECTS}/${project.id}/archive`);

    expect(await list('')).toEqual(EMPTY_LIST);
  });

  it.each([
    [
      'limit=0',
      refusal(
        "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        'limit',
        'integer_below_min_value',
      ),
    ],
    [
      'owner_project_access=all',
      refusal(
        "Invalid value: 'all'. Supported values are: 'active', 'inactive', and 'any'.",
        'owner_project_access',
        'invalid_value',
      ),
    ],
  ])('refuses %s', async (query, expected) => {
    const answer = await app.admin.get(`${keys}?${query}`);

    expect([answer.status, answer.body]).toEqual([400, expected]);
  });

  it('refuses a cursor of another project', async () => {
    const [other] = ok(await app.admin.get(`${PROJECTS}/${DEFAULT_PROJECT}/api_keys`)).data;

    const answer = await app.admin.get(`${keys}?after=${other.id}`);

    expect([answer.status, answer.body]).toEqual([404, noKey(other.id)]);
  });
});

describe('GET …/api_keys/{api_key_id}', () => {
  it('retrieves a key, without its value', async () => {
    const account = await anAccount();

    const answer = await app.admin.get(`${keys}/${account.api_key.id}`);

    expect([answer.status, answer.body]).toEqual([200, asListed(account)]);
  });

  it('says when the key was last used', async () => {
    const account = await anAccount();
    await new Client(app.url, account.api_key.value).get('/v1/threads');

    const key = ok(await app.admin.get(`${keys}/${account.api_key.id}`));

    expect(key).toEqual({ ...asListed(account), last_used_at: NOW });
    expect(key.last_used_at).toBeGreaterThanOrEqual(key.created_at);
  });
});

describe.each(['GET', 'DELETE'])('%s of a key that is not in the project', (method) => {
  it('is 404 for an unknown id', async () => {
    const answer = await app.admin.send(method, `${keys}/key_unknown`);

    expect([answer.status, answer.body]).toEqual([404, noKey('key_unknown')]);
  });

  it('is the same 404 for a key of another project, which goes on working', async () => {
    const [other] = ok(await app.admin.get(`${PROJECTS}/${DEFAULT_PROJECT}/api_keys`)).data;

    const answer = await app.admin.send(method, `${keys}/${other.id}`);

    expect([answer.status, answer.body]).toEqual([404, noKey(other.id)]);
    expect((await app.a.get('/v1/threads')).status).toBe(200);
  });
});

describe('DELETE …/api_keys/{api_key_id}', () => {
  it('revokes a key and keeps its account', async () => {
    const { api_key: key, ...account } = await anAccount();

    const answer = await app.admin.delete(`${keys}/${key.id}`);

    expect([answer.status, answer.body]).toEqual([
      200,
      { object: 'organization.project.api_key.deleted', id: key.id, deleted: true },
    ]);
    expect((await app.admin.get(`${keys}/${key.id}`)).body).toEqual(noKey(key.id));
    expect(ok(await app.admin.get(`${PROJECTS}/${project.id}/service_accounts/${account.id}`))).toEqual(account);
  });

  it('finds nothing to revoke the second time', async () => {
    const { id } = (await anAccount()).api_key;
    await app.admin.delete(`${keys}/${id}`);

    const answer = await app.admin.delete(`${keys}/${id}`);

    expect([answer.status, answer.body]).toEqual([404, noKey(id)]);
  });
});

describe('the value of a key', () => {
  it('is shown when it is made, and never again', async () => {
    const { id, api_key: key } = await anAccount();
    const paths = [keys, `${keys}/${key.id}`, '/service_accounts', `/service_accounts/${id}`, ''].map((path) =>
      path.startsWith('/v1') ? path : `${PROJECTS}/${project.id}${path}`,
    );

    const bodies = await Promise.all(paths.map(async (path) => JSON.stringify(ok(await app.admin.get(path)))));

    expect(bodies.filter((body) => body.includes(key.value.slice(-20)))).toEqual([]);
  });

  it('is not in the database: what is stored is a keyed hash', async () => {
    const { value, id } = (await anAccount()).api_key;
    const tables = await app.database.query<{ name: string }>(
      "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'",
    );
    const dumps = await Promise.all(
      tables.map(({ name }) => app.database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)),
    );
    const dump = dumps.flat().map(({ row }) => row);

    const plainly = [
      value,
      value.slice(-20),
      Buffer.from(value).toString('hex'),
      Buffer.from(value).toString('base64'),
    ];
    expect(dump.filter((row) => row.includes(id))).toHaveLength(1);
    expect(dump.filter((row) => plainly.some((text) => row.includes(text)))).toEqual([]);
    expect(
      await app.database.query(
        "SELECT length(hash) AS bytes, hash = sha256(convert_to($1, 'UTF8')) AS unkeyed FROM api_keys WHERE id = $2",
        [value, id],
      ),
    ).toEqual([{ bytes: 32, unkeyed: false }]);
  });
});

/** The status of the first request that is refused, or of the first one that is sent after the deadline. */
async function lastStatus(client: Client, deadline: number): Promise<number> {
  for (;;) {
    const isLast = Date.now() >= deadline;
    const { status } = await client.get('/v1/threads');
    if (status !== 200 || isLast) return status;
  }
}

describe('revoking', () => {
  const ways: [string, (account: Answer['body']) => Promise<Answer>][] = [
    ['the key', ({ api_key: key }) => app.admin.delete(`${keys}/${key.id}`)],
    ['its account', ({ id }) => app.admin.delete(`${PROJECTS}/${project.id}/service_accounts/${id}`)],
    ['all of its project, by archiving it,', () => app.admin.post(`${PROJECTS}/${project.id}/archive`)],
  ];

  it.each(ways)('%s takes effect at once here, and within a second on a second server', async (_, revoke) => {
    const account = await anAccount();
    const here = new Client(app.url, account.api_key.value);
    const there = new Client(second.url, account.api_key.value);
    expect([(await here.get('/v1/threads')).status, (await there.get('/v1/threads')).status]).toEqual([200, 200]);

    ok(await revoke(account));
    const deadline = Date.now() + 1000;

    expect((await here.get('/v1/threads')).status).toBe(401);
    expect(await lastStatus(there, deadline)).toBe(401);
  });
});

describe('a key of the wrong kind', () => {
  const forbidden = refusal('You have insufficient permissions for this operation.', null, 'insufficient_permissions');

  it('of a project opens nothing of the Administration API, not even its own project', async () => {
    const answers = [await app.a.get(PROJECTS), await app.a.get(`${PROJECTS}/${DEFAULT_PROJECT}/api_keys`)];

    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [403, forbidden],
      [403, forbidden],
    ]);
  });

  it('of an administrator opens no threads', async () => {
    const { id } = ok(await app.a.post('/v1/threads'));

    const answer = await app.admin.get(`/v1/threads/${id}`);

    expect([answer.status, answer.body]).toEqual([403, forbidden]);
  });
});
