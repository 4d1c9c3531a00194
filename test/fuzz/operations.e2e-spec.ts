// Requests of all kinds for every operation of openapi.json: what the document allows, what it almost allows, and what
// nobody should send. It breaks when a rule of a field is dropped, when a field that is sent is not stored, when a text
// reaches PostgreSQL that PostgreSQL refuses, and when an operation answers what the document does not say.
import { deepStrictEqual } from 'node:assert/strict';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import type { Answer, Client } from '../support/client.js';
import { openFeed } from '../support/event-stream.js';
import { openApi, type Operation } from '../support/contract.js';
import { messageOf } from '../support/given-back.js';
import { holdsFor, PROPERTY_TIMEOUT_MS } from '../support/seed.js';
import { isDecodable, isPlain, sentBody, takesBody, takesQuery } from './acceptance.js';
import { changed, idsFor } from './fixtures.js';
import { type FuzzRequest, requestFor } from './requests.js';
import { readAgain, roundTrips } from './round-trips.js';

interface Case {
  readonly name: string;
  readonly method: string;
  readonly template: string;
  readonly operation: Operation;
}

/** A body has more to vary than an id. */
const RUNS_WITH_BODY = 80;
const RUNS = 30;

/** Refusals of a request as a whole: its JSON, its body, its URL. */
const OF_NO_FIELD = /^(We could not parse the JSON body|Invalid type for the request body|The URL of the request)/;

const cases: Case[] = Object.entries(openApi.paths).flatMap(([template, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({
    name: operation.operationId,
    method,
    template,
    operation,
  })),
);

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

// One of the operations switches it off.
beforeEach(() => openFeed(app.a));

afterAll(() => app.close());

const fill = (template: string, ids: Readonly<Record<string, string>>): string =>
  `/v1${template.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '')}`;

/** What GET shows at the URL of an operation; undefined where there is no GET. */
const seen = async (client: Client, template: string, url: string): Promise<Answer['body']> =>
  openApi.paths[template]?.get && (await client.get(url)).body;

const patternOf = (template: string): RegExp => new RegExp(`^/v1${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);

/** `fetch` folds `/./` before it sends: that the URL is then one of another operation says nothing of this one. */
function isOfAnother({ template, method }: Case, url: string): boolean {
  const { pathname } = new URL(url, app.url);
  const isFolded = !url.startsWith(pathname);
  return (
    isFolded &&
    cases.some(
      (other) => other.method === method && other.template !== template && patternOf(other.template).test(pathname),
    )
  );
}

/** Sends a request and holds the answer, and what is stored afterwards, to the document. */
async function exchange(each: Case, request: FuzzRequest): Promise<void> {
  const { template, method } = each;
  const { caller, ids, ownIds } = await idsFor(app, template, request.ids);
  const url = request.query ? `${fill(template, ids)}?${request.query}` : fill(template, ids);
  if (isOfAnother(each, url)) return;
  const ownUrl = fill(template, ownIds);
  const before = method === 'get' ? undefined : await seen(caller, template, ownUrl);
  const isChange = template.endsWith('}') || template === '/event_feed';

  const answer = await caller.send(method.toUpperCase(), url, {
    ...(request.body !== undefined && { headers: { 'content-type': request.contentType }, body: request.body }),
  });

  const isAllowed =
    url.startsWith(ownUrl) && isDecodable(url) && takesBody(template, method, request, isChange ? before : undefined);
  if (answer.status === 200) {
    if (isChange && method !== 'get') changed(template);
    deepStrictEqual(
      [isAllowed, takesQuery(each.operation, request.query)],
      [true, true],
      'accepted in spite of a rule',
    );
    await comesBack(each, request, answer, before, isChange ? ownUrl : `${ownUrl}/${answer.body.id}`, caller);
  } else {
    deepStrictEqual(
      isAllowed && isPlain(each.operation, request.query),
      false,
      `refused: ${JSON.stringify(answer.body)}`,
    );
    saysWhy(answer);
    if (method === 'get') return;
    deepStrictEqual(await seen(caller, template, ownUrl), before, 'a refused request changed something');
  }
}

/** Every 400 that is about a field names it. */
function saysWhy({ status, body: { error } }: Answer): void {
  deepStrictEqual([status < 500, error.type], [true, 'invalid_request_error']);
  if (status !== 400 || typeof error.param === 'string') return;
  deepStrictEqual(OF_NO_FIELD.test(error.message), true, `which field is this about? ${error.message}`);
}

/** What was sent is in the answer, and in that of a later GET. */
async function comesBack(
  { name, method, operation }: Case,
  request: FuzzRequest,
  answer: Answer,
  before: Answer['body'],
  url: string,
  caller: Client,
): Promise<void> {
  if (method === 'delete') deepStrictEqual((await caller.get(url)).status, 404);
  if (!operation.requestBody) return;
  const sent = sentBody(request.body);
  const expected = roundTrips[name];
  if (!expected) throw new Error(`What does ${name} answer? Add it to test/fuzz/round-trips.ts.`);
  deepStrictEqual(answer.body, expected(sent, answer.body, before));
  deepStrictEqual(ok(await caller.get(url)), readAgain(answer.body), 'a later GET gives something else');
  // A project may have few of them.
  if (name === 'createWebhookEndpoint') ok(await caller.delete(url));
  if (name !== 'createThread') return;
  const messages: Answer['body'][] = ok(await caller.get(`${url}/messages?order=asc&limit=100`)).data;
  deepStrictEqual(
    messages,
    (sent.messages ?? []).map((each: Answer['body'], i: number) => messageOf(each, answer.body.id, messages[i] ?? {})),
  );
}

describe('every operation gives back what it takes, and refuses the rest by its field', () => {
  it.each(cases)(
    '$name',
    async (each) => {
      const runs = each.operation.requestBody ? RUNS_WITH_BODY : RUNS;
      await holdsFor(requestFor(each.operation), runs, (request) => exchange(each, request));

      // All of it was answered by a server that still runs.
      expect((await app.anonymous.get('/health/live')).status).toBe(200);
    },
    PROPERTY_TIMEOUT_MS,
  );
});
