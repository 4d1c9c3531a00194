import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok, refusal } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';

const PROJECTS = '/v1/organization/projects';
const DEFAULT_PROJECT = 'proj_00000000000000000default';
const NOW = expect.any(Number);

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

const aProject = async (body: object = {}): Promise<Answer['body']> =>
  ok(await app.admin.post(PROJECTS, { name: 'Support desk', ...body }));

const archived = async (body: object = {}): Promise<Answer['body']> =>
  ok(await app.admin.post(`${PROJECTS}/${(await aProject(body)).id}/archive`));
const list = async (query: string): Promise<Answer['body']> => ok(await app.admin.get(`${PROJECTS}?${query}`));
const idsOf = ({ data }: Answer['body']): string[] => data.map(({ id }: { id: string }) => id);
const update = (id: string, body: object): Promise<Answer> => app.admin.post(`${PROJECTS}/${id}`, body);

const noProject = (id: string): object => refusal(`No project found with id '${id}'.`);
const isArchived = (id: string): object =>
  refusal(`Project '${id}' is archived. Archived projects cannot be used or updated.`, null, 'project_archived');
const isFixed = refusal('The default project cannot be updated or archived.', null, 'default_project');

const BAD_FIELDS: [string, object, object][] = [
  [
    'name of another type',
    { name: 7 },
    refusal("Invalid type for 'name': expected a string, but got an integer instead.", 'name', 'invalid_type'),
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
    'name with U+0000',
    { name: 'a\u0000b' },
    refusal(
      "Invalid 'name': the string contains the character U+0000, which cannot be stored.",
      'name',
      'invalid_string',
    ),
  ],
  [
    'external key of another type',
    { name: 'n', external_key_id: 7 },
    refusal(
      "Invalid type for 'external_key_id': expected a string, but got an integer instead.",
      'external_key_id',
      'invalid_type',
    ),
  ],
  [
    'unknown field',
    { name: 'n', status: 'archived' },
    refusal("Unknown parameter: 'status'.", 'status', 'unknown_parameter'),
  ],
  ['id of the caller', { name: 'n', id: 'proj_mine' }, refusal("Unknown parameter: 'id'.", 'id', 'unknown_parameter')],
];

describe('POST /v1/organization/projects', () => {
  it('creates a project', async () => {
    const answer = await app.admin.post(PROJECTS, { name: 'Support desk' });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^proj_[0-9A-Za-z]{24}$/),
      object: 'organization.project',
      name: 'Support desk',
      created_at: NOW,
      archived_at: null,
      status: 'active',
      external_key_id: null,
      residency: 'GLOBAL',
    });
    expect((await app.admin.get(`${PROJECTS}/${answer.body.id}`)).body).toEqual(answer.body);
  });

  it('keeps the residency and the external key that are sent', async () => {
    const project = await aProject({
      name: 'é'.repeat(255),
      residency: 'EU_STORAGE_PROCESSING',
      external_key_id: 'T 42',
    });

    expect(project).toMatchObject({
      name: 'é'.repeat(255),
      residency: 'EU_STORAGE_PROCESSING',
      external_key_id: 'T 42',
    });
  });

  it('takes null for a field that is not set', async () => {
    expect(await aProject({ residency: null, external_key_id: null })).toMatchObject({
      residency: 'GLOBAL',
      external_key_id: null,
    });
  });

  it.each([
    ...BAD_FIELDS,
    ['missing name', {}, refusal("Missing required parameter: 'name'.", 'name', 'missing_required_parameter')],
    [
      'name of null',
      { name: null },
      refusal("Invalid type for 'name': expected a string, but got null instead.", 'name', 'invalid_type'),
    ],
    [
      'unknown residency',
      { name: 'n', residency: 'MARS_STORAGE' },
      refusal(
        "Invalid value: 'MARS_STORAGE'. Supported values are: 'GLOBAL', 'US_STORAGE_PROCESSING', 'EU_STORAGE_PROCESSING', 'JP_STORAGE', 'KR_STORAGE', 'CA_STORAGE', 'SG_STORAGE', 'IN_STORAGE', 'AU_STORAGE', 'GB_STORAGE', 'AE_STORAGE', and 'AE_STORAGE_PROCESSING'.",
        'residency',
        'invalid_value',
      ),
    ],
  ])('refuses a body with %s', async (_, body, expected) => {
    const answer = await app.admin.post(PROJECTS, body);

    expect([answer.status, answer.body]).toEqual([400, expected]);
  });
});

describe('GET /v1/organization/projects', () => {
  it('lists the projects that are not archived, newest first, 20 a page', async () => {
    const made: Answer['body'][] = [];
    for (let n = 0; n < 21; n++) made.push(await aProject({ name: `Listed ${n}` }));
    await archived();

    const page = await list('');

    expect(page).toEqual({
      object: 'list',
      data: made.toReversed().slice(0, 20),
      first_id: made[20].id,
      last_id: made[1].id,
      has_more: true,
    });
  });

  it.each([1, 3, 7, 100])('goes through all of them, each once, %d at a time', async (limit) => {
    const all = idsOf(await list('limit=100&include_archived=true'));
    const seen: string[] = [];

    for (let page; page?.has_more !== false;) {
      page = await list(`include_archived=true&limit=${limit}${page ? `&after=${page.last_id}` : ''}`);
      seen.push(...idsOf(page));
    }

    expect(seen).toEqual(all);
    expect(all).toContain(DEFAULT_PROJECT);
  });

  it('ends with an empty page after the oldest', async () => {
    const { data } = await list('limit=100');

    expect(await list(`after=${data.at(-1).id}`)).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });

  it('goes on after a project that was archived since', async () => {
    await aProject();
    const [newest, cursor, older] = idsOf(await list('limit=3'));

    await app.admin.post(`${PROJECTS}/${cursor}/archive`);

    expect(idsOf(await list(`limit=1&after=${newest}`))).toEqual([older]);
    expect(idsOf(await list(`limit=1&after=${cursor}`))).toEqual([older]);
  });

  it.each([
    ['', false],
    ['include_archived=false', false],
    ['include_archived=true', true],
  ])('with "%s" has an archived project: %p', async (query, included) => {
    const project = await archived();

    expect(idsOf(await list(`limit=100&${query}`)).includes(project.id)).toBe(included);
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
      'limit=101',
      refusal(
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
        'limit',
        'integer_above_max_value',
      ),
    ],
    [
      'limit=ten',
      refusal("Invalid type for 'limit': expected an integer, but got a string instead.", 'limit', 'invalid_type'),
    ],
    [
      'limit=1&limit=2',
      refusal(
        "Duplicate parameter: 'limit'. You provided multiple values for this parameter, whereas only one is allowed.",
        'limit',
        'duplicate_parameter',
      ),
    ],
    [
      'include_archived=yes',
      refusal("Invalid value: 'yes'. Supported values are: 'true' and 'false'.", 'include_archived', 'invalid_value'),
    ],
  ])('refuses %s', async (query, expected) => {
    const answer = await app.admin.get(`${PROJECTS}?${query}`);

    expect([answer.status, answer.body]).toEqual([400, expected]);
  });

  it('refuses an unknown cursor', async () => {
    const answer = await app.admin.get(`${PROJECTS}?after=proj_unknown`);

    expect([answer.status, answer.body]).toEqual([404, noProject('proj_unknown')]);
  });
});

describe('POST /v1/organization/projects/{project_id}', () => {
  it.each([
    ['the name', { name: 'New' }, { name: 'New' }],
    ['the external key', { external_key_id: 'T43' }, { external_key_id: 'T43' }],
    ['the external key away', { external_key_id: null }, { external_key_id: null }],
    ['both', { name: 'New', external_key_id: 'T43' }, { name: 'New', external_key_id: 'T43' }],
    ['nothing', {}, {}],
    ['nothing for a name of null', { name: null }, {}],
  ])('changes %s', async (_, body, change) => {
    const project = await aProject({ external_key_id: 'T42' });

    const answer = await update(project.id, body);

    expect([answer.status, answer.body]).toEqual([200, { ...project, ...change }]);
    expect((await app.admin.get(`${PROJECTS}/${project.id}`)).body).toEqual(answer.body);
  });

  it.each([
    ...BAD_FIELDS,
    [
      'residency, which is fixed',
      { residency: 'GLOBAL' },
      refusal("Unknown parameter: 'residency'.", 'residency', 'unknown_parameter'),
    ],
  ])('refuses a body with %s, and changes nothing', async (_, body, expected) => {
    const project = await aProject();

    const answer = await update(project.id, body);

    expect([answer.status, answer.body]).toEqual([400, expected]);
    expect((await app.admin.get(`${PROJECTS}/${project.id}`)).body).toEqual(project);
  });

  it('refuses an archived project', async () => {
    const project = await archived();

    const answer = await update(project.id, { name: 'New' });

    expect([answer.status, answer.body]).toEqual([400, isArchived(project.id)]);
    expect((await app.admin.get(`${PROJECTS}/${project.id}`)).body).toEqual(project);
  });
});

describe('POST /v1/organization/projects/{project_id}/archive', () => {
  it('archives a project', async () => {
    const project = await aProject();

    const answer = await app.admin.post(`${PROJECTS}/${project.id}/archive`);

    expect([answer.status, answer.body]).toEqual([200, { ...project, status: 'archived', archived_at: NOW }]);
    expect((await app.admin.get(`${PROJECTS}/${project.id}`)).body).toEqual(answer.body);
  });

  it('changes nothing the second time', async () => {
    const project = await archived();

    const answer = await app.admin.post(`${PROJECTS}/${project.id}/archive`);

    expect([answer.status, answer.body]).toEqual([200, project]);
  });

  it('revokes the keys of the project, and of no other', async () => {
    const project = await aProject();
    const account = ok(await app.admin.post(`${PROJECTS}/${project.id}/service_accounts`, { name: 'Bot' }));
    const caller = new Client(app.url, account.api_key.value);
    const { id } = ok(await caller.post('/v1/threads'));

    await app.admin.post(`${PROJECTS}/${project.id}/archive`);

    expect((await caller.get(`/v1/threads/${id}`)).status).toBe(401);
    expect((await app.b.get('/v1/threads')).status).toBe(200);
    expect(await app.database.query('SELECT id FROM threads WHERE project_id = $1', [project.id])).toEqual([{ id }]);
  });

  it('leaves no key that works, however many are made at the same time', async () => {
    const project = await aProject();
    const makeKey = () => app.admin.post(`${PROJECTS}/${project.id}/service_accounts`, { name: 'Bot' });

    const before = Array.from({ length: 20 }, makeKey);
    const archiving = app.admin.post(`${PROJECTS}/${project.id}/archive`);
    const made = await Promise.all([...before, ...Array.from({ length: 20 }, makeKey)]);
    ok(await archiving);

    const keys = made.filter(({ status }) => status === 200).map(({ body }) => body.api_key.value);
    expect(made.filter(({ status }) => ![200, 400].includes(status))).toEqual([]);
    for (const key of keys) {
      expect((await new Client(app.url, key).get('/v1/threads')).status).toBe(401);
    }
  });
});

describe('the default project', () => {
  const path = `${PROJECTS}/${DEFAULT_PROJECT}`;

  it('is there from the start', async () => {
    const answer = await app.admin.get(path);

    expect([answer.status, answer.body]).toEqual([
      200,
      {
        id: DEFAULT_PROJECT,
        object: 'organization.project',
        name: 'Default project',
        created_at: NOW,
        archived_at: null,
        status: 'active',
        external_key_id: null,
        residency: 'GLOBAL',
      },
    ]);
  });

  it.each([
    ['updated', path, { name: 'Mine' }],
    ['archived', `${path}/archive`, undefined],
  ])('cannot be %s', async (_, url, body) => {
    const before = ok(await app.admin.get(path));

    const answer = await app.admin.post(url, body);

    expect([answer.status, answer.body]).toEqual([400, isFixed]);
    expect(ok(await app.admin.get(path))).toEqual(before);
  });
});

describe('an unknown project', () => {
  it.each([
    ['GET', '', undefined],
    ['POST', '', { name: 'New' }],
    ['POST', '/archive', undefined],
    ['GET', '/service_accounts', undefined],
    ['POST', '/service_accounts', { name: 'Bot' }],
    ['GET', '/service_accounts/svc_acct_abc', undefined],
    ['POST', '/service_accounts/svc_acct_abc', { name: 'Bot' }],
    ['DELETE', '/service_accounts/svc_acct_abc', undefined],
    ['GET', '/api_keys', undefined],
    ['GET', '/api_keys/key_abc', undefined],
    ['DELETE', '/api_keys/key_abc', undefined],
  ])('is not found by %s …%s', async (method, rest, body) => {
    const url = `${PROJECTS}/proj_unknown${rest}`;

    const answer = await (method === 'POST' ? app.admin.post(url, body) : app.admin.send(method, url));

    expect([answer.status, answer.body]).toEqual([404, noProject('proj_unknown')]);
  });
});
