import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok, refusal } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';

const PROJECTS = '/v1/organization/projects';
const NOW = expect.any(Number);

let app: TestApp;
let project: Answer['body'];
let accounts: string;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

beforeEach(async () => {
  project = ok(await app.admin.post(PROJECTS, { name: 'Support desk' }));
  accounts = `${PROJECTS}/${project.id}/service_accounts`;
});

const created = async (body: object = {}): Promise<Answer['body']> =>
  ok(await app.admin.post(accounts, { name: 'Bot', ...body }));

/** An account as it is read: without its key. */
async function anAccount(body: object = {}): Promise<Answer['body']> {
  const { api_key: _, ...account } = await created(body);
  return account;
}
const list = async (query: string): Promise<Answer['body']> => ok(await app.admin.get(`${accounts}?${query}`));

const noAccount = (id: string): object => refusal(`No service account found with id '${id}'.`);
const isArchived = (): object =>
  refusal(
    `Project '${project.id}' is archived. Archived projects cannot be used or updated.`,
    null,
    'project_archived',
  );

const BAD_NAMES: [string, object, object][] = [
  [
    'name of another type',
    { name: ['Bot'] },
    refusal("Invalid type for 'name': expected a string, but got an array instead.", 'name', 'invalid_type'),
  ],
  [
    'name of null',
    { name: null },
    refusal("Invalid type for 'name': expected a string, but got null instead.", 'name', 'invalid_type'),
  ],
  [
    'empty name',
    { name: '' },
    refusal(
      "Invalid 'name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
      'name',
      'empty_string',
    ),
  ],
  [
    'name that is too long',
    { name: 'n'.repeat(256) },
    refusal(
      "Invalid 'name': string too long. Expected a string with maximum length 255, but got a string with length 256 instead.",
      'name',
      'string_above_max_length',
    ),
  ],
  [
    'unknown field',
    { name: 'Bot', project_id: 'proj_other' },
    refusal("Unknown parameter: 'project_id'.", 'project_id', 'unknown_parameter'),
  ],
];

describe('POST …/service_accounts', () => {
  it('creates an account with a key that works', async () => {
    const answer = await app.admin.post(accounts, { name: 'Bot' });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      object: 'organization.project.service_account',
      id: expect.stringMatching(/^svc_acct_[0-9A-Za-z]{24}$/),
      name: 'Bot',
      role: 'member',
      created_at: NOW,
      api_key: {
        object: 'organization.project.service_account.api_key',
        value: expect.stringMatching(/^sk-ts-[0-9A-Za-z]{49}$/),
        name: 'Secret Key',
        created_at: NOW,
        id: expect.stringMatching(/^key_[0-9A-Za-z]{24}$/),
      },
    });
    expect((await new Client(app.url, answer.body.api_key.value).get('/v1/threads')).status).toBe(200);
  });

  it('gives a key to the threads of this project only', async () => {
    const caller = new Client(app.url, (await created()).api_key.value);
    const { id } = ok(await caller.post('/v1/threads'));

    expect((await app.a.get(`/v1/threads/${id}`)).status).toBe(404);
    expect(await app.database.query('SELECT project_id FROM threads WHERE id = $1', [id])).toEqual([
      { project_id: project.id },
    ]);
  });

  it('makes an account without a key when asked to', async () => {
    const account = await created({ create_service_account_only: true });

    expect(account).toEqual({
      object: 'organization.project.service_account',
      id: expect.stringMatching(/^svc_acct_/),
      name: 'Bot',
      role: 'none',
      created_at: NOW,
      api_key: null,
    });
    expect(ok(await app.admin.get(`${PROJECTS}/${project.id}/api_keys`)).data).toEqual([]);
  });

  it.each([false, null])('makes one with a key for create_service_account_only of %p', async (only) => {
    expect(await created({ create_service_account_only: only })).toMatchObject({
      role: 'member',
      api_key: { value: expect.any(String) },
    });
  });

  it.each([
    ...BAD_NAMES,
    ['missing name', {}, refusal("Missing required parameter: 'name'.", 'name', 'missing_required_parameter')],
    ['role', { name: 'Bot', role: 'owner' }, refusal("Unknown parameter: 'role'.", 'role', 'unknown_parameter')],
    [
      'switch of another type',
      { name: 'Bot', create_service_account_only: 'yes' },
      refusal(
        "Invalid type for 'create_service_account_only': expected a boolean, but got a string instead.",
        'create_service_account_only',
        'invalid_type',
      ),
    ],
  ])('refuses a body with %s, and makes nothing', async (_, body, expected) => {
    const answer = await app.admin.post(accounts, body);

    expect([answer.status, answer.body]).toEqual([400, expected]);
    expect(ok(await app.admin.get(accounts)).data).toEqual([]);
  });
});

describe('GET …/service_accounts', () => {
  it('is empty at first', async () => {
    expect(await list('')).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
  });

  it('lists the accounts of the project, newest first, page by page', async () => {
    const made: Answer['body'][] = [];
    for (let n = 0; n < 5; n++) made.push(await anAccount({ name: `Bot ${n}` }));
    const all = await list('');
    const ids = all.data.map(({ id }: { id: string }) => id);

    expect(all.data.toSorted(byName)).toEqual(made);
    expect(all.data.map(({ created_at }: { created_at: number }) => created_at)).toEqual(
      made.map(({ created_at }) => created_at).toReversed(),
    );
    expect(await list('limit=2')).toEqual({
      object: 'list',
      data: all.data.slice(0, 2),
      first_id: ids[0],
      last_id: ids[1],
      has_more: true,
    });
    expect(await list(`limit=2&after=${ids[1]}`)).toEqual({
      object: 'list',
      data: all.data.slice(2, 4),
      first_id: ids[2],
      last_id: ids[3],
      has_more: true,
    });
    expect(await list(`limit=2&after=${ids[3]}`)).toEqual({
      object: 'list',
      data: all.data.slice(4),
      first_id: ids[4],
      last_id: ids[4],
      has_more: false,
    });
  });

  it('refuses a limit above 100', async () => {
    const answer = await app.admin.get(`${accounts}?limit=101`);

    expect([answer.status, answer.body]).toEqual([
      400,
      refusal(
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
        'limit',
        'integer_above_max_value',
      ),
    ]);
  });

  it('refuses a cursor of another project', async () => {
    const [other] = ok(await app.admin.get(`${PROJECTS}/proj_00000000000000000default/service_accounts`)).data;

    const answer = await app.admin.get(`${accounts}?after=${other.id}`);

    expect([answer.status, answer.body]).toEqual([404, noAccount(other.id)]);
  });
});

describe('GET …/service_accounts/{service_account_id}', () => {
  it('retrieves an account, without its key', async () => {
    const account = await anAccount();

    const answer = await app.admin.get(`${accounts}/${account.id}`);

    expect([answer.status, answer.body]).toEqual([200, account]);
  });
});

describe('POST …/service_accounts/{service_account_id}', () => {
  it.each([
    ['the name', { name: 'New' }],
    ['the role', { role: 'owner' }],
    ['both', { name: 'New', role: 'owner' }],
    ['nothing', {}],
  ])('changes %s', async (_, change) => {
    const account = await anAccount();

    const answer = await app.admin.post(`${accounts}/${account.id}`, change);

    expect([answer.status, answer.body]).toEqual([200, { ...account, ...change }]);
    expect((await app.admin.get(`${accounts}/${account.id}`)).body).toEqual(answer.body);
  });

  it.each([
    ...BAD_NAMES,
    [
      'unknown role',
      { role: 'none' },
      refusal("Invalid value: 'none'. Supported values are: 'member' and 'owner'.", 'role', 'invalid_value'),
    ],
    [
      'role of another type',
      { role: 1 },
      refusal("Invalid type for 'role': expected a string, but got an integer instead.", 'role', 'invalid_type'),
    ],
  ])('refuses a body with %s, and changes nothing', async (_, body, expected) => {
    const account = await anAccount();

    const answer = await app.admin.post(`${accounts}/${account.id}`, body);

    expect([answer.status, answer.body]).toEqual([400, expected]);
    expect((await app.admin.get(`${accounts}/${account.id}`)).body).toEqual(account);
  });
});

describe('DELETE …/service_accounts/{service_account_id}', () => {
  it('deletes an account and its keys, and no other', async () => {
    const [kept, gone] = [await created({ name: 'Kept' }), await created({ name: 'Gone' })];

    const answer = await app.admin.delete(`${accounts}/${gone.id}`);

    expect([answer.status, answer.body]).toEqual([
      200,
      { object: 'organization.project.service_account.deleted', id: gone.id, deleted: true },
    ]);
    expect((await new Client(app.url, gone.api_key.value).get('/v1/threads')).status).toBe(401);
    expect((await new Client(app.url, kept.api_key.value).get('/v1/threads')).status).toBe(200);
    expect(await app.database.query('SELECT id FROM api_keys WHERE project_id = $1', [project.id])).toEqual([
      { id: kept.api_key.id },
    ]);
  });

  it('finds nothing to delete the second time', async () => {
    const { id } = await anAccount();
    await app.admin.delete(`${accounts}/${id}`);

    const answer = await app.admin.delete(`${accounts}/${id}`);

    expect([answer.status, answer.body]).toEqual([404, noAccount(id)]);
  });
});

describe.each([
  ['GET', undefined],
  ['POST', { name: 'New' }],
  ['DELETE', undefined],
])('%s of an account that is not in the project', (method, body) => {
  const call = (id: string): Promise<Answer> =>
    method === 'POST' ? app.admin.post(`${accounts}/${id}`, body) : app.admin.send(method, `${accounts}/${id}`);

  it('is 404 for an unknown id', async () => {
    const answer = await call('svc_acct_unknown');

    expect([answer.status, answer.body]).toEqual([404, noAccount('svc_acct_unknown')]);
  });

  it('is the same 404 for an account of another project, which stays as it is', async () => {
    const elsewhere = `${PROJECTS}/proj_00000000000000000default/service_accounts`;
    const [other] = ok(await app.admin.get(elsewhere)).data;

    const answer = await call(other.id);

    expect([answer.status, answer.body]).toEqual([404, noAccount(other.id)]);
    expect(ok(await app.admin.get(`${elsewhere}/${other.id}`))).toEqual(other);
  });
});

describe('the service accounts of an archived project', () => {
  let account: Answer['body'];

  beforeEach(async () => {
    account = await anAccount();
    await app.admin.post(`${PROJECTS}/${project.id}/archive`);
  });

  it.each([
    ['GET', () => accounts, undefined],
    ['POST', () => accounts, { name: 'Bot' }],
    ['POST', () => `${accounts}/${account.id}`, { name: 'New' }],
    ['DELETE', () => `${accounts}/${account.id}`, undefined],
  ])('are refused to %s, case %#', async (method, url, body) => {
    const answer = await (body ? app.admin.post(url(), body) : app.admin.send(method, url()));

    expect([answer.status, answer.body]).toEqual([400, isArchived()]);
  });

  it('are gone', async () => {
    const answer = await app.admin.get(`${accounts}/${account.id}`);

    expect([answer.status, answer.body]).toEqual([404, noAccount(account.id)]);
  });
});

const byName = (one: { name: string }, other: { name: string }): number => one.name.localeCompare(other.name);
