import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok, refusal } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { callOf, closedOperations, type Operation, type Place, unknownPlaces } from './operations.js';
import { type Ids, rowsOf, tenantsWithEverything, tenantWithEverything, type Tenant, unknownLike } from './tenant.js';

/** Fields by which a caller might try to say whose the thing is, or what only the server may say. */
const FORGED = ['id', 'project_id', 'tenant_id', 'organization_id', 'thread_id', 'user_id', 'owner', 'configurable'];

let app: TestApp;
let victim: Tenant;
let attacker: Tenant;
let callers: Record<string, Client>;

beforeAll(async () => {
  app = await startApp();
  victim = await tenantWithEverything(app, 'Victim');
  attacker = await tenantWithEverything(app, 'Attacker');
  const accounts = `/v1/organization/projects/${victim.ids.project_id}/service_accounts`;
  const [revoked, expired] = [
    ok(await app.admin.post(accounts, { name: 'Leaves' })),
    ok(await app.admin.post(accounts, { name: 'Ends' })),
  ];
  await app.database.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [expired.api_key.id]);
  callers = {
    'no key': app.anonymous,
    'a revoked key': new Client(app.url, revoked.api_key.value),
    'an expired key': new Client(app.url, expired.api_key.value),
    'a malformed key': new Client(app.url, `${victim.client.key}x`),
  };
  ok(await callers['a revoked key']!.get('/v1/threads'));
  ok(await app.admin.delete(`${accounts}/${revoked.id}`));
});

afterAll(() => app.close());

interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly place?: Place;
}

const cases: Case[] = closedOperations.flatMap((operation) =>
  (operation.places.length > 0 ? operation.places : [undefined]).map((place) => ({
    name: `${operation.name}${place ? `, ${place.where} ${place.name}` : ''}`,
    operation,
    place,
  })),
);

/** An administrator has all projects: none is foreign. What is in a project may be asked for under another one. */
const foreign = cases.flatMap(({ name, operation, place }) =>
  place && !(operation.kind === 'admin_key' && place.of === 'project_id') ? [{ name, operation, place }] : [],
);

const keys = ['no key', 'a revoked key', 'an expired key', 'a malformed key', 'a key of the other kind'];

const callerOf = (key: string, { kind }: Operation): Client =>
  callers[key] ?? (kind === 'admin_key' ? victim.client : app.admin);

/** All of an answer that must not tell a foreign id from an unknown one: the id itself, times, versions and new ids are left out. */
const shown = ({ status, headers, body }: Answer, id: string): object => ({
  status,
  headers: [...headers].filter(([name]) => !['x-request-id', 'openai-processing-ms', 'date', 'etag'].includes(name)),
  body: JSON.stringify(body)
    .replaceAll(id || '<id>', '<id>')
    .replaceAll(/"(thread|msg|vs|we|svc_acct|key|proj)_\w{24,32}"/g, '"<new>"')
    .replaceAll(/"(\w+_at)":\d+/g, '"$1":0')
    .replaceAll(/sk-ts-\w+|whsec_[^"]+/g, '<new key>'),
});

describe(`the matrix: ${foreign.length + cases.length * keys.length} cases of operation, id and key`, () => {
  it('knows every id that the document has', () => {
    expect(unknownPlaces(victim.ids)).toEqual([]);
    expect(closedOperations.length).toBeGreaterThanOrEqual(26);
  });

  // What breaks it: an operation that finds, or refuses in another way, what belongs to another project.
  it.each(foreign)('$name: a foreign id is answered as an unknown one, and changes nothing', async (each) => {
    const { operation, place } = each;
    const client = operation.kind === 'admin_key' ? app.admin : attacker.client;
    const id = victim.ids[place.of];
    const unknown = unknownLike(id);
    const before = await rowsOf(app.database, place.isReference ? victim.ids.project_id : undefined);

    const answer = await callOf(operation, attacker.ids, place, id)(client);
    const other = await callOf(operation, attacker.ids, place, unknown)(client);

    expect(answer.status).toBe(place.isReference ? 200 : 404);
    expect(shown(answer, id)).toEqual(shown(other, unknown));
    expect(await rowsOf(app.database, place.isReference ? victim.ids.project_id : undefined)).toEqual(before);
  });

  // What breaks it: a route without the guard, or a guard that lets one of these keys pass.
  it.each(keys.flatMap((key) => cases.map((each) => ({ ...each, key }))))(
    '$name: $key tells nothing and changes nothing',
    async ({ operation, place, key }) => {
      const client = callerOf(key, operation);
      const id = place ? victim.ids[place.of] : 'none';
      const before = await rowsOf(app.database);

      const answer = await callOf(operation, victim.ids, place, id)(client);
      const other = await callOf(operation, victim.ids, place, unknownLike(id))(client);

      expect([answer.status, answer.body.error.code]).toEqual(
        key === 'no key'
          ? [401, null]
          : key === 'a key of the other kind'
            ? [403, 'insufficient_permissions']
            : [401, 'invalid_api_key'],
      );
      expect(shown(answer, id)).toEqual(shown(other, unknownLike(id)));
      expect(await rowsOf(app.database)).toEqual(before);
    },
  );
});

const inThreads = closedOperations.filter(({ path, kind }) => kind === 'project_key' && path.split('{').length > 2);

describe('all ids of a path at once', () => {
  // What breaks it: a statement that ties the message to its thread, and neither to the project.
  it.each(inThreads)('$name: a foreign pair is answered as an unknown one', async (operation) => {
    const unknown = { ...victim.ids, thread_id: unknownLike(victim.ids.thread_id) };
    const before = await rowsOf(app.database);

    const answer = await callOf(operation, victim.ids)(attacker.client);
    const other = await callOf(operation, unknown)(attacker.client);

    expect(answer.status).toBe(404);
    expect(shown(answer, victim.ids.thread_id)).toEqual(shown(other, unknown.thread_id));
    expect(await rowsOf(app.database)).toEqual(before);
  });
});

describe('the header OpenAI-Project', () => {
  const ofProjects = closedOperations.filter(({ kind }) => kind === 'project_key');

  // What breaks it: a project that is taken from the header, or a header that is not looked at.
  it.each(ofProjects)('$name: may not name another project', async (operation) => {
    const before = await rowsOf(app.database);

    const answer = await callOf(operation, victim.ids, undefined, '', {
      headers: { 'openai-project': victim.ids.project_id },
    })(attacker.client);

    expect([answer.status, answer.body.error.code]).toEqual([401, 'mismatched_project']);
    expect(await rowsOf(app.database)).toEqual(before);
  });
});

describe('a body', () => {
  const forged = closedOperations.flatMap((operation) =>
    operation.body
      ? FORGED.filter((field) => !operation.fields.includes(field)).map((field) => ({ operation, field }))
      : [],
  );

  // What breaks it: a DTO that takes the field.
  it.each(forged.map((each) => ({ ...each, name: each.operation.name })))(
    'of $name may not say $field',
    async ({ operation, field }) => {
      const client = operation.kind === 'admin_key' ? app.admin : attacker.client;
      const value = victim.ids[(field === 'id' ? 'thread_id' : field) as keyof Ids] ?? victim.ids.project_id;
      const before = await rowsOf(app.database);

      const answer = await callOf(operation, attacker.ids, undefined, '', {
        body: { ...operation.body, [field]: value },
      })(client);

      expect([answer.status, answer.body]).toEqual([
        400,
        refusal(`Unknown parameter: '${field}'.`, field, 'unknown_parameter'),
      ]);
      expect(await rowsOf(app.database)).toEqual(before);
    },
  );

  it.each(FORGED)('of POST /threads may not say messages[0].%s', async (field) => {
    const message = { role: 'user', content: 'Hi', [field]: victim.ids.thread_id };
    const before = await rowsOf(app.database);

    const answer = await attacker.client.post('/v1/threads', { messages: [message] });

    const path = `messages[0].${field}`;
    expect([answer.status, answer.body]).toEqual([
      400,
      refusal(`Unknown parameter: '${path}'.`, path, 'unknown_parameter'),
    ]);
    expect(await rowsOf(app.database)).toEqual(before);
  });
});

const secretsOf = ({ ids }: Tenant): string[] => [...Object.values(ids), 'Said in private by Victim'];

describe('a call of one’s own', () => {
  let owners: Tenant[];

  beforeAll(async () => {
    owners = await tenantsWithEverything(app, closedOperations.length, 'One of its own');
  });

  // What breaks it: a list or a change that reaches further than its project, or a tenant taken from anywhere but the key.
  it.each(closedOperations)(
    '$name reaches nothing of others, whatever its query and headers say',
    async (operation) => {
      const own = owners[closedOperations.indexOf(operation)]!;
      const { project_id, thread_id } = victim.ids;
      const before = await rowsOf(app.database, project_id);

      const answer = await callOf(operation, own.ids, undefined, '', {
        query: { project_id, tenant_id: project_id, organization_id: project_id, thread_id, user: 'Victim' },
        headers: {
          'openai-organization': project_id,
          'x-project-id': project_id,
          'x-tenant-id': project_id,
          'x-forwarded-user': 'Victim',
          cookie: `project_id=${project_id}`,
        },
      })(operation.kind === 'admin_key' ? app.admin : own.client);

      expect(answer.status).toBe(200);
      expect(await rowsOf(app.database, project_id)).toEqual(before);
      // Whoever administers may list all projects.
      const inList = operation.path === '/organization/projects' && operation.method === 'GET';
      expect(inList ? [] : secretsOf(victim).filter((secret) => JSON.stringify(answer.body).includes(secret))).toEqual(
        [],
      );
    },
  );
});
