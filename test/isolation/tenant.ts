import { deliveryIdOf } from '../../src/webhooks/webhook-delivery.js';
import type { TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { Client } from '../support/client.js';
import type { TestDatabase } from '../support/database.js';

const PROJECTS = '/v1/organization/projects';

/** One of each thing that has an id, all of one tenant. */
export interface Ids {
  readonly project_id: string;
  readonly service_account_id: string;
  readonly api_key_id: string;
  readonly thread_id: string;
  readonly message_id: string;
  readonly vector_store_id: string;
  readonly webhook_endpoint_id: string;
  readonly delivery_id: string;
  readonly event_id: string;
  readonly file_id: string;
  readonly run_id: string;
  readonly external_key_id: string;
}

export interface Tenant {
  readonly client: Client;
  readonly ids: Ids;
}

let made = 0;
let deliveries = 1_000;

/** A project with a key, and with something in every table. The service account of `ids` is not the caller's. */
export async function tenantWithEverything({ url, admin, database }: TestApp, name: string): Promise<Tenant> {
  const number = String(++made).padStart(6, '0');
  const references = {
    file_id: `file-of-${name.replaceAll(' ', '-')}-${number}`,
    run_id: `run_${number}`,
    external_key_id: `external-${number}`,
  };
  const project = ok(await admin.post(PROJECTS, { name, external_key_id: references.external_key_id }));
  const accounts = `${PROJECTS}/${project.id}/service_accounts`;
  const caller = ok(await admin.post(accounts, { name: `Caller of ${name}` }));
  const account = ok(await admin.post(accounts, { name: `Account of ${name}` }));
  const client = new Client(url, caller.api_key.value);
  // The ids of events are positions. These are others than those of any tenant before, and larger than those of any after. It has been open
  // for a while: nobody has to wait for it.
  await database.query(
    `INSERT INTO event_feeds (project_id, is_open, opened_at, last_position)
     VALUES ($1, true, now() - interval '1 minute', $2)`,
    [project.id, 1_000_000 - made * 100],
  );
  const thread = await aThread(client, {
    messages: [{ role: 'user', content: `Said in private by ${name}` }],
    metadata: { user: name },
    tool_resources: { file_search: { vector_stores: [{ file_ids: [references.file_id] }] } },
  });
  const attachments = [{ file_id: references.file_id, tools: [{ type: 'file_search' }] }];
  const message = await aMessage(client, thread.id, { attachments });
  // Deleted ones leave tombstones, which cursors may name.
  const gone = await aMessage(client, thread.id);
  ok(await client.delete(`/v1/threads/${thread.id}/messages/${gone.id}`));
  ok(await client.delete(`/v1/threads/${(await aThread(client)).id}`));
  const endpoint = ok(await client.post('/v1/webhook_endpoints', { url: 'https://receiver.invalid', enabled: false }));
  const delivery_id = await aDelivery(database, project.id, endpoint.id, thread.id);
  return {
    client,
    ids: {
      project_id: project.id,
      service_account_id: account.id,
      api_key_id: account.api_key.id,
      thread_id: thread.id,
      message_id: message.id,
      event_id: ok(await client.get('/v1/event_feed')).last_id,
      vector_store_id: thread.tool_resources.file_search.vector_store_ids[0],
      webhook_endpoint_id: endpoint.id,
      delivery_id,
      ...references,
    },
  };
}

/** One that nobody sends: rows that change by themselves would look like those that a request has changed. */
async function aDelivery(database: TestDatabase, projectId: string, endpointId: string, threadId: string) {
  const position = ++deliveries;
  await database.query(
    `INSERT INTO webhook_deliveries
       (project_id, endpoint_id, position, type, thread_id, version, created_at, status, attempts)
     VALUES ($1, $2, $3, 'thread.updated', $4, 2, now(), 'pending', 0)`,
    [projectId, endpointId, position, threadId],
  );
  return deliveryIdOf(endpointId, position);
}

/** An id of the same form that nothing has. */
export const unknownLike = (id: string): string => id.slice(0, -6) + '0f1e2d';

/** Every row of a project, or of all: what a refused request must not have changed. When a key was used is no matter. */
export async function rowsOf(database: TestDatabase, projectId?: string): Promise<string[]> {
  statement ??= await statementOver(database);
  return (await database.query<{ row: string }>(statement, [projectId ?? null])).map(({ row }) => row);
}

let statement: string | undefined;

async function statementOver(database: TestDatabase): Promise<string> {
  const owned = await database.query<{ table: string; column: string }>(
    `SELECT table_name AS table, 'project_id' AS column FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'project_id'
     UNION ALL VALUES ('projects', 'id'), ('admin_api_keys', 'id')`,
  );
  const selects = owned.map(
    ({ table, column }) =>
      `SELECT '${table} ' || (to_jsonb(t) - 'last_used_at')::text AS row FROM ${table} t
       WHERE $1::text IS NULL OR ${column} = $1`,
  );
  return `${selects.join(' UNION ALL ')} ORDER BY 1`;
}

/** Tenants for so many operations, one after the other: all at once they would wait for connections in vain. */
export async function tenantsWithEverything(app: TestApp, count: number, name: string): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  while (tenants.length < count) tenants.push(await tenantWithEverything(app, name));
  return tenants;
}
