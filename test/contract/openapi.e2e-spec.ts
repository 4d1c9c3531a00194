import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config/config.js';
import { createDocument } from '../../src/openapi/document.js';
import { openApi } from '../support/contract.js';

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await createApp(readConfig({ DATABASE_URL: 'postgresql://not-used', LOG_LEVEL: 'silent' }));
  await app.listen(0, '127.0.0.1');
});

afterAll(() => app.close());

const operations = Object.values(openApi.paths).flatMap((methods) => Object.values(methods));

/** All values that `key` has anywhere in `value`. */
function valuesOf(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [...(name === key ? [each] : []), ...valuesOf(each, key)]);
}

describe('openapi.json', () => {
  it('is what the code says (run `npm run openapi` when it is not)', () => {
    expect(openApi).toEqual(JSON.parse(JSON.stringify(createDocument(app))));
  });

  it('is written as the script writes it', () => {
    expect(readFileSync('openapi.json', 'utf8')).toBe(`${JSON.stringify(createDocument(app), null, 2)}\n`);
  });

  it('is what /docs-json serves to everyone', async () => {
    const answer = await fetch(`${await app.getUrl()}/docs-json`);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(openApi);
  });

  it('refers to nothing that is not in it', () => {
    const known = Object.keys(openApi.components.schemas).map((name) => `#/components/schemas/${name}`);
    const used = new Set(valuesOf(openApi, '$ref'));

    expect([...used].filter((ref) => !known.includes(String(ref)))).toEqual([]);
  });

  it('gives every operation an id of its own, a summary and a tag', () => {
    const ids = operations.map((operation) => Reflect.get(operation, 'operationId'));

    expect(new Set(ids).size).toBe(operations.length);
    expect(operations.filter((operation) => !Reflect.get(operation, 'summary'))).toEqual([]);
    expect(operations.filter((operation) => Reflect.get(operation, 'tags')?.length !== 1)).toEqual([]);
  });

  it('says of every operation that asks for a key how it refuses callers', () => {
    const closed = operations.filter((operation) => Reflect.get(operation, 'security').length > 0);
    const statuses = closed.map((operation): [string, string[]] => [
      operation.operationId,
      ['401', '403', '429', '500', '503'].filter((status) => !(status in operation.responses)),
    ]);

    expect(statuses.filter(([, missing]) => missing.length > 0)).toEqual([]);
  });
});
