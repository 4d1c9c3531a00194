import type { TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import type { Client } from '../support/client.js';
import { until } from '../support/process.js';
import type { PathId } from './requests.js';

type Ids = Readonly<Record<string, string>>;

/** Close to the limit of 16, so that changes go beyond it too. */
const METADATA = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`kept${i}`, `value ${i}`]));

const THREAD = {
  metadata: METADATA,
  tool_resources: { code_interpreter: { file_ids: ['file-1'] }, file_search: { vector_stores: [{}] } },
};

const ofProject = (projectId: string | undefined): string => `/v1/organization/projects/${projectId}/service_accounts`;

/** How what stands behind each id of a path is made, in an order in which they can be made. */
const makers: Readonly<Record<string, (client: Client, ids: Ids) => Promise<string>>> = {
  thread_id: async (client) => (await aThread(client, THREAD)).id,
  message_id: async (client, ids) => (await aMessage(client, ids.thread_id!, { metadata: METADATA })).id,
  vector_store_id: async (client) => (await aThread(client, THREAD)).tool_resources.file_search.vector_store_ids[0],
  webhook_endpoint_id: (client) => aWebhookEndpoint(client),
  delivery_id: (client, ids) => aDelivery(client, ids.webhook_endpoint_id!),
  project_id: async (client) => ok(await client.post('/v1/organization/projects', { name: 'Fuzzed' })).id,
  service_account_id: async (client, ids) => ok(await client.post(ofProject(ids.project_id), { name: 'Fuzzed' })).id,
  api_key_id: async (client, ids) => ok(await client.post(ofProject(ids.project_id), { name: 'Fuzzed' })).api_key.id,
};

const ENDPOINTS = '/v1/webhook_endpoints';

/** A project may have few of them: those that no request asks for any more make room. */
async function aWebhookEndpoint(client: Client): Promise<string> {
  const used = new Set([...made.values()].map(({ webhook_endpoint_id }) => webhook_endpoint_id));
  const { data } = ok(await client.get(`${ENDPOINTS}?limit=100`));
  for (const { id } of data) if (!used.has(id)) ok(await client.delete(`${ENDPOINTS}/${id}`));
  return ok(await client.post(ENDPOINTS, { url: 'https://receiver.invalid/', enabled: false })).id;
}

async function aDelivery(client: Client, endpointId: string): Promise<string> {
  const endpoint = `${ENDPOINTS}/${endpointId}`;
  ok(await client.post(endpoint, { enabled: true }));
  await aThread(client);
  await until(async () => ok(await client.get(`${endpoint}/deliveries`)).data.length > 0);
  ok(await client.post(endpoint, { enabled: false }));
  return ok(await client.get(`${endpoint}/deliveries`)).last_id;
}

const namesIn = (template: string): string[] => [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

/** Makes data for the ids of a path. A path with an id that nobody can make fails: the fuzzer has to learn it. */
async function make(client: Client, template: string): Promise<Ids> {
  const ids: Record<string, string> = {};
  for (const name of namesIn(template)) {
    const maker = makers[name];
    if (!maker) throw new Error(`The fuzzer cannot make a ${name}: add it to test/fuzz/fixtures.ts.`);
    ids[name] = await maker(client, ids);
  }
  return ids;
}

const made = new Map<string, Ids>();

/** Data that was made before, and not changed since. */
async function unchanged(owner: string, client: Client, template: string): Promise<Ids> {
  const key = `${owner} ${template}`;
  const ids = made.get(key) ?? (await make(client, template));
  made.set(key, ids);
  return ids;
}

/** Says that the caller's own data of a path was changed: the next request gets other data. */
export const changed = (template: string): boolean => made.delete(`own ${template}`);

interface PathIds {
  readonly caller: Client;
  readonly ids: Ids;
  readonly ownIds: Ids;
}

/** The ids that a request asks for, and those that its caller may ask for. An administrator owns all projects. */
export async function idsFor(app: TestApp, template: string, wanted: readonly PathId[]): Promise<PathIds> {
  const isForAdministrators = template.startsWith('/organization');
  const caller = isForAdministrators ? app.admin : app.a;
  const ownIds = await unchanged('own', caller, template);
  const foreignIds = wanted.includes('foreign')
    ? await unchanged('other', isForAdministrators ? app.admin : app.b, template)
    : {};
  const ids = Object.fromEntries(
    namesIn(template).map((name, i): [string, string | undefined] => {
      const id = wanted[i]!;
      if (typeof id !== 'string') return [name, id.text];
      return [name, id === 'own' || name === 'project_id' ? ownIds[name] : foreignIds[name]];
    }),
  );
  return { caller, ids: ids as Ids, ownIds };
}
