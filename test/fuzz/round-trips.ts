import type { Answer } from '../support/client.js';
import { messageOf, modified, patched, threadOf } from '../support/given-back.js';

type Body = Answer['body'];

/** What an operation has to answer to a body that it took; `before` is what it changed. */
type RoundTrip = (sent: Body, answer: Body, before: Body) => Body;

const withoutNull = (name: string, value: unknown): object =>
  value === null || value === undefined ? {} : { [name]: value };

/** By operationId. An operation with a body that is not here fails: the fuzzer has to learn it. */
export const roundTrips: Readonly<Record<string, RoundTrip>> = {
  createThread: (sent, answer) => {
    const ids: string[] = answer.tool_resources.file_search?.vector_store_ids ?? [];
    const made = sent.tool_resources?.file_search?.vector_stores?.length ?? 0;
    return threadOf(sent, answer, ids.filter((id) => /^vs_[0-9a-f]{32}$/.test(id)).slice(0, made));
  },
  modifyThread: (sent, _, before) => modified(before, sent),
  patchThread: (sent, _, before) => patched(before, sent),
  createMessage: (sent, answer) => messageOf(sent, answer.thread_id, answer),
  modifyMessage: (sent, _, before) => modified(before, sent),
  patchMessage: (sent, _, before) => patched(before, sent),
  createWebhookEndpoint: (sent, { id, created_at, secret }) => ({
    id,
    object: 'webhook_endpoint',
    created_at,
    url: sent.url,
    event_types: sent.event_types ?? null,
    description: sent.description ?? null,
    enabled: sent.enabled ?? true,
    disabled_reason: null,
    secret,
  }),
  modifyWebhookEndpoint: (sent, _, before) => ({ ...before, ...sent }),
  setEventFeed: ({ enabled }, _, before) => ({ ...before, enabled }),
  'create-project': ({ name, external_key_id = null, residency }, { id, created_at }) => ({
    id,
    object: 'organization.project',
    name,
    created_at,
    archived_at: null,
    status: 'active',
    external_key_id,
    residency: residency ?? 'GLOBAL',
  }),
  'modify-project': (sent, _, before) => ({
    ...before,
    ...withoutNull('name', sent.name),
    ...(sent.external_key_id !== undefined && { external_key_id: sent.external_key_id }),
  }),
  'create-project-service-account': ({ name, create_service_account_only }, { id, created_at, api_key }) => ({
    object: 'organization.project.service_account',
    id,
    name,
    role: create_service_account_only ? 'none' : 'member',
    created_at,
    api_key: create_service_account_only ? null : api_key,
  }),
  'update-project-service-account': (sent, _, before) => ({ ...before, ...sent }),
};

/** A later GET does not show the key of a service account, nor the secret of a webhook. */
export const readAgain = (answer: Body): Body =>
  Object.fromEntries(Object.entries(answer).filter(([name]) => name !== 'api_key' && name !== 'secret'));
