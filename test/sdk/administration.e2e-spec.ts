import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { AuthenticationError, NotFoundError, PermissionDeniedError } from 'openai';
import { startApp, type TestApp } from '../support/app.js';

describe('client.admin.organization.projects of the openai package', () => {
  let app: TestApp;
  let openai: OpenAI;

  beforeAll(async () => {
    app = await startApp();
    openai = new OpenAI({ baseURL: `${app.url}/v1`, adminAPIKey: app.admin.key, apiKey: null, maxRetries: 0 });
  });

  afterAll(() => app.close());

  const clientWith = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${app.url}/v1`, apiKey, maxRetries: 0 });

  it('creates, retrieves, updates and archives a project', async () => {
    const { projects } = openai.admin.organization;

    const created = await projects.create({ name: 'Support desk', external_key_id: 'tenant-42' });
    expect(created).toMatchObject({
      id: expect.stringMatching(/^proj_/),
      object: 'organization.project',
      name: 'Support desk',
      external_key_id: 'tenant-42',
      status: 'active',
      archived_at: null,
    });

    expect(await projects.retrieve(created.id)).toEqual(created);
    expect(await projects.update(created.id, { name: 'Help desk' })).toEqual({ ...created, name: 'Help desk' });
    expect(await projects.archive(created.id)).toMatchObject({ status: 'archived', archived_at: expect.any(Number) });
    await expect(projects.retrieve('proj_abc123')).rejects.toThrow(NotFoundError);
  });

  it('iterates over projects, with the archived ones when it is asked to', async () => {
    const { projects } = openai.admin.organization;
    const names = Array.from({ length: 25 }, (_, i) => `Project ${i}`);
    for (const name of names) await projects.create({ name });
    const gone = await projects.create({ name: 'Gone' });
    await projects.archive(gone.id);

    const namesOf = async (query: OpenAI.Admin.Organization.ProjectListParams): Promise<string[]> => {
      const seen: string[] = [];
      for await (const { name } of projects.list({ limit: 10, ...query })) seen.push(name ?? '');
      return seen;
    };

    const active = await namesOf({});
    expect(active).toEqual(expect.arrayContaining([...names, 'Default project', 'Project B']));
    expect(active).not.toContain('Gone');
    expect(await namesOf({ include_archived: true })).toContain('Gone');
    expect(new Set(active).size).toBe(active.length);
  });

  it('makes a service account whose key works for its project until it is deleted', async () => {
    const { projects } = openai.admin.organization;
    const project = await projects.create({ name: 'Tenant' });

    const account = await projects.serviceAccounts.create(project.id, { name: 'Web shop' });
    const tenant = clientWith(account.api_key!.value);
    const thread = await tenant.beta.threads.create();

    expect(await projects.serviceAccounts.retrieve(account.id, { project_id: project.id })).toMatchObject({
      object: 'organization.project.service_account',
      id: account.id,
      name: 'Web shop',
    });
    expect((await projects.serviceAccounts.list(project.id)).data.map(({ id }) => id)).toEqual([account.id]);
    await expect(clientWith(app.a.key!).beta.threads.retrieve(thread.id)).rejects.toThrow(NotFoundError);

    expect(await projects.serviceAccounts.delete(account.id, { project_id: project.id })).toEqual({
      object: 'organization.project.service_account.deleted',
      id: account.id,
      deleted: true,
    });
    await expect(tenant.beta.threads.retrieve(thread.id)).rejects.toThrow(AuthenticationError);
  });

  it('lists, retrieves and revokes keys', async () => {
    const { projects } = openai.admin.organization;
    const project = await projects.create({ name: 'Tenant' });
    const account = await projects.serviceAccounts.create(project.id, { name: 'Web shop' });
    const { id, value } = account.api_key!;

    const { data } = await projects.apiKeys.list(project.id);
    expect(data.map((key) => key.id)).toEqual([id]);
    const key = await projects.apiKeys.retrieve(id, { project_id: project.id });
    expect(key).toEqual(data[0]);
    expect(JSON.stringify(key)).not.toContain(value);
    expect(key.owner).toMatchObject({ type: 'service_account', service_account: { id: account.id } });

    expect(await projects.apiKeys.delete(id, { project_id: project.id })).toEqual({
      object: 'organization.project.api_key.deleted',
      id,
      deleted: true,
    });
    await expect(clientWith(value).beta.threads.create()).rejects.toThrow(AuthenticationError);
  });

  it('is refused with the key of a project', async () => {
    const { admin } = new OpenAI({ baseURL: `${app.url}/v1`, adminAPIKey: app.a.key, maxRetries: 0 });

    await expect(admin.organization.projects.list()).rejects.toThrow(PermissionDeniedError);
  });
});
