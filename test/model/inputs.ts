import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { valid } from '../fuzz/schema-values.js';
import type { Answer } from '../support/client.js';

type Body = Answer['body'];

const schema = (name: string): Arbitrary<Body> => valid({ $ref: `#/components/schemas/${name}` });

export const message = schema('CreateMessageRequest');

/** Vector stores that are made with a thread have ids of their own: the fuzzer looks at those. */
export const thread = schema('CreateThreadRequest').map((body: Body): Body => {
  if (body.tool_resources?.file_search) delete body.tool_resources.file_search.vector_stores;
  return body;
});

/** Few names, so that changes meet what is there. */
const names = [...Array.from({ length: 20 }, (_, i) => `key${i}`), '__proto__', 'constructor', ''];

const pairs = (value: Arbitrary<unknown>): Arbitrary<Body> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([name]) => name, maxLength: 18 })
    .map((entries): Body => Object.fromEntries(entries));

const value = fc.string({ unit: 'grapheme', maxLength: 12 });
const files = fc.array(fc.constantFrom('file-1', 'file-2', 'file-3'), { maxLength: 3 });
const stores = fc.array(fc.constantFrom('vs_1', 'vs_2'), { maxLength: 1 });

const tools = (nothing: undefined | null): Arbitrary<Body> =>
  fc.record(
    {
      code_interpreter: fc.option(fc.record({ file_ids: files }, { requiredKeys: [] }), { nil: nothing }),
      file_search: fc.option(fc.record({ vector_store_ids: stores }, { requiredKeys: [] }), { nil: nothing }),
    },
    { requiredKeys: [], noNullPrototype: true },
  );

const changeOf = (metadata: Arbitrary<Body>, tool_resources: Arbitrary<Body>): Arbitrary<Body> =>
  fc
    .record(
      { metadata: fc.option(metadata, { freq: 8 }), tool_resources: fc.option(tool_resources, { freq: 8 }) },
      { requiredKeys: [], noNullPrototype: true },
    )
    // As it arrives: without what is undefined.
    .map((body): Body => JSON.parse(JSON.stringify(body)));

export const change = changeOf(pairs(value), tools(undefined));
export const patch = changeOf(pairs(fc.option(value, { freq: 2 })), tools(null));

export interface Paging {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** Where in the list the cursors point to, if there are any. */
  readonly after: number | undefined;
  readonly before: number | undefined;
}

export const paging: Arbitrary<Paging> = fc.record({
  limit: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(100)),
  order: fc.constantFrom('asc', 'desc'),
  after: fc.option(fc.nat(30), { nil: undefined }),
  before: fc.option(fc.nat(30), { nil: undefined }),
});
