// Every text and every name in every body that the document gives as an example is spoiled in turn. It breaks when a
// field has no rule against text that PostgreSQL does not store, or an object takes names that it does not know.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { openApi } from '../support/contract.js';

let app: TestApp;
let ids: Record<string, string>;

beforeAll(async () => {
  app = await startApp();
  const thread_id = (await aThread(app.a)).id;
  const project_id = ok(await app.admin.post('/v1/organization/projects', { name: 'Hostile' })).id;
  const accounts = `/v1/organization/projects/${project_id}/service_accounts`;
  const service_account_id = ok(await app.admin.post(accounts, { name: 'Hostile' })).id;
  const message_id = (await aMessage(app.a, thread_id)).id;
  const receiver = { url: 'https://receiver.invalid' };
  const webhook_endpoint_id = ok(await app.a.post('/v1/webhook_endpoints', receiver)).id;
  ids = { thread_id, message_id, webhook_endpoint_id, project_id, service_account_id };
});

afterAll(() => app.close());

interface Place {
  readonly path: string;
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Every value inside of another, with its path as refusals write it. */
function placesIn(value: unknown, path = ''): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key): Place[] => {
    const inside = path ? `${path}.${key}` : key;
    const place = {
      path: Array.isArray(value) ? `${path}[${key}]` : inside,
      holder: value as Record<string, unknown>,
      key,
    };
    return [place, ...placesIn(place.holder[key], place.path)];
  });
}

interface Spoiled {
  readonly what: string;
  readonly body: unknown;
  readonly param: string;
}

const UNSTORABLE = ['\u0000', 'a\u0000b', '\ud800', '\udc00\ud83d', 'a\udfff'];
const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', '', 'unknown', 'a\u0000', '\ud800'];
const ANY_NAME = /(^|\.)metadata$/;

/** A body with one of its texts changed, for each text, and with one name more, for each object. */
function spoil(example: unknown): Spoiled[] {
  const spoiled: Spoiled[] = [];
  const change = (what: string, at: number, param: string, edit: (place: Place) => void): void => {
    const whole = { body: structuredClone(example) };
    edit(placesIn(whole)[at]!);
    spoiled.push({ what, body: whole.body, param });
  };
  placesIn({ body: example }).forEach(({ path: fullPath, holder, key }, at) => {
    const path = fullPath.replace(/^body\.?/, '');
    const value = holder[key];
    if (typeof value === 'string') {
      for (const text of UNSTORABLE) {
        change(`${JSON.stringify(text)} in ${path}`, at, path, (place) => (place.holder[place.key] = value + text));
      }
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const takesAnyName = ANY_NAME.test(path);
      for (const name of takesAnyName ? UNSTORABLE : NAMES) {
        const param = path ? `${path}.${name}` : name;
        change(`the name ${JSON.stringify(name)} in ${path || 'the body'}`, at, param, (place) => {
          const field = { value: 'x', enumerable: true, configurable: true, writable: true };
          Object.defineProperty(place.holder[place.key], name, field);
        });
      }
    }
  });
  return spoiled;
}

const bodies = Object.entries(openApi.paths).flatMap(([template, operations]) =>
  Object.entries(operations).flatMap(([method, { operationId, requestBody }]) =>
    Object.entries(requestBody?.content['application/json']?.examples ?? {}).map(([name, { value }]) => ({
      name: `${operationId}: ${name}`,
      method: method.toUpperCase(),
      template,
      example: value,
    })),
  ),
);

const everything = (): Promise<object[]> =>
  app.database.query(
    `SELECT id, metadata::text FROM threads UNION ALL SELECT id, content::text || metadata::text FROM messages
     UNION ALL SELECT id, '' FROM vector_stores UNION ALL SELECT id, name FROM projects
     UNION ALL SELECT id, name || role FROM service_accounts
     UNION ALL SELECT id, webhook_endpoints::text FROM webhook_endpoints ORDER BY 1, 2`,
  );

describe('a body', () => {
  it.each(bodies)('is refused for each of its texts and names that is spoiled: $name', async (each) => {
    const caller = each.template.startsWith('/organization') ? app.admin : app.a;
    const url = `/v1${each.template.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '')}`;
    const headers = { 'content-type': 'application/json' };
    const before = await everything();

    const outcomes: unknown[] = [];
    const spoiled = spoil(each.example);
    for (const { what, body } of spoiled) {
      const answer = await caller.send(each.method, url, { headers, body: JSON.stringify(body) });
      outcomes.push([what, answer.status, answer.body.error?.type, answer.body.error?.param]);
    }

    expect(outcomes).toEqual(
      spoiled.map(({ what, param }) => [what, 400, 'invalid_request_error', param.toWellFormed()]),
    );
    expect(await everything()).toEqual(before);
    expect(spoiled.length).toBeGreaterThanOrEqual(NAMES.length);
  });
});
