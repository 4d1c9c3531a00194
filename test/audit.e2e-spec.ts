import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { callOf, closedOperations } from './isolation/operations.js';
import { tenantWithEverything } from './isolation/tenant.js';
import { startApp, type TestApp } from './support/app.js';
import { ok } from './support/build.js';
import { type Answer, Client } from './support/client.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, until } from './support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const PROJECTS = '/v1/organization/projects';
const ADMIN_API_KEY = 'sk-ts-admin-key-of-the-audit-test';
const LINES_A_SECOND = 10;

type Line = Record<string, unknown>;

let database: TestApp;
let installation: Installation;
let server: ServerProcess;
let admin: Client;
let adminKeyId: string;

/** A server like any other, at the default LOG_LEVEL, whose output is read. */
beforeAll(async () => {
  database = await startApp();
  installation = await Installation.make();
  server = await installation.start({
    DATABASE_URL: database.database.ownerUrl,
    ADMIN_API_KEY,
    AUTH_FAILURE_LIMIT: '0',
  });
  admin = new Client(server.url, ADMIN_API_KEY);
  const [row] = await database.database.query<{ id: string }>(`SELECT id FROM admin_api_keys ORDER BY created_at DESC`);
  adminKeyId = row!.id;
});

afterAll(async () => {
  await installation.remove();
  await database.close();
});

const linesSoFar = (): Line[] =>
  server.stdout
    .split('\n')
    .filter((line) => line.includes('"audit"'))
    .map((line) => JSON.parse(line));

const idOf = ({ headers }: Answer): string => String(headers.get('x-request-id'));

/** The lines of some requests, the last of which has to leave one. Lines come in the order of what they tell. */
async function linesOf(...answers: Answer[]): Promise<Line[]> {
  const ids = answers.map(idOf);
  await until(async () => linesSoFar().some(({ reqId }) => reqId === ids.at(-1)));
  return linesSoFar().filter(({ reqId }) => ids.includes(String(reqId)));
}

const common = { level: 40, msg: 'audit', address: '127.0.0.1' };

describe('the audit log, of a caller that is not let in', () => {
  it.each([
    ['missing_api_key', undefined, undefined],
    ['invalid_api_key', 'sk-ts-nobody-has-this-key-1234', 'sk-ts-...1234'],
    ['invalid_api_key', 'password', '...'],
    ['insufficient_permissions', ADMIN_API_KEY, 'sk-ts-admin-...test'],
  ])('says %s, for the key %s', async (reason, key, shown) => {
    const [line, ...rest] = await linesOf(await new Client(server.url, key).get('/v1/threads'));

    expect(line).toMatchObject({ ...common, audit: 'authentication.failed', reason });
    expect(line!.key).toBe(shown);
    expect(rest).toEqual([]);
  });

  it('says mismatched_project, for a key of another project', async () => {
    const project = ok(await admin.post(PROJECTS, { name: 'Other' }));
    const account = ok(await admin.post(`${PROJECTS}/${project.id}/service_accounts`, { name: 'Other' }));
    const caller = new Client(server.url, account.api_key.value);

    const lines = await linesOf(await caller.get('/v1/threads', { 'openai-project': 'proj_abc' }));

    expect(lines).toEqual([
      expect.objectContaining({
        reason: 'mismatched_project',
        key: account.api_key.value.replace(/(sk-ts-).*(.{4})$/, '$1...$2'),
      }),
    ]);
  });

  // What breaks it: a line for each refusal, with which anyone could fill the disk.
  it('is not flooded: of a hundred it tells ten, and how many more there were', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const wrong = new Client(server.url, 'sk-ts-nobody-has-this-key-9999');
    const before = linesSoFar().length;

    const flood = Array.from({ length: 100 }, () => wrong.get('/v1/threads'));
    await Promise.all(flood);
    await until(async () =>
      linesSoFar()
        .slice(before)
        .some(({ suppressed }) => suppressed !== undefined),
    );

    const lines = linesSoFar().slice(before);
    const suppressed = lines.reduce((sum, line) => sum + Number(line.suppressed ?? 0), 0);
    const told = lines.filter(({ key }) => key === 'sk-ts-...9999');
    expect(told.length + suppressed).toBe(100);
    expect(told.length).toBeLessThanOrEqual(3 * LINES_A_SECOND);
  });
});

describe('the audit log, of what is administered', () => {
  const changing = closedOperations.filter(({ kind, method }) => kind === 'admin_key' && method !== 'GET');

  // What breaks it: an operation that changes something and is not @Audited.
  it.each(changing)('$name has a line: who, what, and which', async (operation) => {
    const { ids } = await tenantWithEverything({ ...database, url: server.url, admin }, 'Audited');
    const answer = await callOf(operation, ids)(admin);

    const lines = await linesOf(answer);

    expect(lines).toEqual([
      expect.objectContaining({
        ...common,
        audit: expect.stringMatching(/^(project|service_account|api_key)\.(created|updated|archived|deleted)$/),
        actor: adminKeyId,
      }),
    ]);
    expect(Object.values(lines[0]!)).toContain(ok(answer).id);
    expect(Object.values(lines[0]!)).toEqual(
      expect.arrayContaining(
        [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ids[name as keyof typeof ids]),
      ),
    );
  });

  it('has the id of a key that was made, and not the key', async () => {
    const project = ok(await admin.post(PROJECTS, { name: 'Keys' }));
    const answer = await admin.post(`${PROJECTS}/${project.id}/service_accounts`, { name: 'Keys' });
    const made = ok(answer);

    const [line] = await linesOf(answer);

    expect(line).toMatchObject({
      audit: 'service_account.created',
      project_id: project.id,
      service_account_id: made.id,
      api_key_id: made.api_key.id,
    });
    expect(server.stdout).not.toContain(made.api_key.value);
  });

  it('has none for what only reads, or is refused', async () => {
    const lines = await linesOf(
      await admin.get(PROJECTS),
      await admin.delete(`${PROJECTS}/proj_unknown/service_accounts/svc_acct_unknown`),
      await new Client(server.url, undefined).get('/v1/threads'),
    );

    expect(lines.map(({ audit }) => audit)).toEqual(['authentication.failed']);
  });
});
