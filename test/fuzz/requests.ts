import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Operation } from '../support/contract.js';
import { jsonText } from './json-text.js';
import { almostValid, hostile, type Schema, valid } from './schema-values.js';

/** What stands for an id in a path: one that is the caller's own, another tenant's, or none. */
export type PathId = 'own' | 'foreign' | { readonly text: string };

export interface FuzzRequest {
  readonly ids: readonly PathId[];
  /** As it stands in the URL. */
  readonly query: string;
  /** The text of the body; undefined when the operation has none. */
  readonly body: string | undefined;
  readonly contentType: string;
}

const ID_PREFIXES = ['thread_', 'msg_', 'vs_', 'proj_', 'key_', 'svc_acct_', ''];

const strangeId = fc.oneof(
  fc.constantFrom('undefined', 'null', 'NaN', '[object Object]', '*', '%00', '%ff', '%zz', '%ED%A0%80', '..%2f', '%2e'),
  fc
    .tuple(
      fc.constantFrom(...ID_PREFIXES),
      fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constant('x'.repeat(3_000))),
    )
    .map(([prefix, rest]) => encodeURIComponent(prefix + rest))
    // The URL of another operation.
    .filter((text) => !/^\.{0,2}$/.test(text)),
);

const pathId: Arbitrary<PathId> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<PathId>('own') },
  { weight: 1, arbitrary: fc.constant<PathId>('foreign') },
  { weight: 2, arbitrary: strangeId.map((text): PathId => ({ text })) },
);

/** A value in a query: as the document has it, or escapes and text that fit nothing. */
const queryValue = (schema: Schema): Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: valid(schema).map((value) => encodeURIComponent(String(value))) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        '%00',
        '%ff',
        '%zz',
        '%',
        '+',
        '-0',
        '01',
        '1e1',
        '0x10',
        'x'.repeat(513),
        '%F0%9F%98%80',
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map(encodeURIComponent) },
  );

/** One parameter, or more than one by its name; now and then in a form that was not asked for. */
function parameter(name: string, schema: Schema): Arbitrary<string[]> {
  const key = encodeURIComponent(name);
  const pairs =
    schema.type === 'object'
      ? fc
          .tuple(fc.string({ unit: 'binary', maxLength: 8 }).map(encodeURIComponent), queryValue({ type: 'string' }))
          .map(([inner, value]) => `${key}[${inner}]=${value}`)
      : queryValue(schema).map((value) => `${key}=${value}`);
  const odd = fc.constantFrom(key, `${key}=`, `${key}[]=1`, `${key}[a]=1`, `${key}[__proto__]=1`, `${key}[a][b]=1`);
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(pairs) },
    { weight: 1, arbitrary: fc.array(pairs, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.tuple(odd) },
  );
}

const unknownParameters = fc.constantFrom<string[]>([], ['colour=red'], ['__proto__[x]=1'], ['&&'], ['=', '[a]=b']);

function queryOf({ parameters = [] }: Operation): Arbitrary<string> {
  const known = parameters
    .filter((each) => each.in === 'query')
    .map(({ name, schema }) => fc.option(parameter(name, schema), { freq: 2, nil: [] }));
  return fc.tuple(...known, unknownParameters).map((parts) => parts.flat().join('&'));
}

const brokenJson = fc.constantFrom(
  '{',
  '',
  ' ',
  'null',
  '{"a":1}}',
  '\ufeff{}',
  "{'a':1}",
  '[1,]',
  '{"a":\u0000}',
  'NaN',
);

function bodyOf({ requestBody }: Operation): Arbitrary<string | undefined> {
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return fc.constant(undefined);
  return fc.oneof(
    { weight: 8, arbitrary: valid(schema).map(jsonText) },
    { weight: 8, arbitrary: almostValid(schema).map(jsonText) },
    { weight: 1, arbitrary: hostile.map(jsonText) },
    { weight: 1, arbitrary: brokenJson },
  );
}

const contentType = fc.oneof(
  { weight: 30, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'application/merge-patch+json'),
  },
);

/** Requests for one operation of the document. */
export const requestFor = (operation: Operation): Arbitrary<FuzzRequest> =>
  fc.record({
    ids: fc.tuple(...(operation.parameters ?? []).filter((each) => each.in === 'path').map(() => pathId)),
    query: queryOf(operation),
    body: bodyOf(operation),
    contentType,
  });
