import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { openApi } from '../support/contract.js';
import { Raw } from './json-text.js';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly not?: { readonly required: readonly string[] };
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
}

const MANY = 3;
const OBJECT_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
];

export const resolved = (schema: Schema): Schema =>
  schema.$ref ? resolved(openApi.components.schemas[schema.$ref.split('/').at(-1)!]!) : schema;

/** Any text that can be stored, once in a while as long as it may be. */
function textOf(min: number, max: number): Arbitrary<string> {
  const short = fc
    .string({ unit: 'binary', minLength: min, maxLength: Math.min(max, 24) })
    .map((text) => text.replaceAll('\u0000', '.'));
  const full = fc.constantFrom('a', 'é', '😀').map((character) => character.repeat(Math.min(max, 512)));
  return fc.oneof({ weight: 12, arbitrary: short }, { weight: 1, arbitrary: full });
}

const url = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom('data:image/png;base64,iVBORw0KGgo=', 'HTTP://EXAMPLE.COM:80/a b?c', 'javascript:alert(1)', 'x:'),
);

const metadataKey = fc.oneof(textOf(0, 64), fc.constantFrom(...OBJECT_NAMES, '', '$.a', "'; --", 'a.b[0]', 'a]['));

function objectOf(schema: Schema): Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties, not } = schema;
  const fields = Object.entries(properties).map(([name, each]): [string, Arbitrary<unknown>] => [name, valid(each)]);
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: [...required], noNullPrototype: true });
  const others =
    typeof additionalProperties === 'object'
      ? fc.uniqueArray(fc.tuple(metadataKey, valid(additionalProperties)), { selector: ([key]) => key, maxLength: 4 })
      : fc.constant([]);
  return fc.tuple(known, others).map(([named, pairs]) => {
    const value: Record<string, unknown> = { ...named, ...Object.fromEntries(pairs) };
    if (not?.required.every((name) => name in value)) delete value[not.required[0]!];
    // The document cannot say that an overlap is at most half of the size.
    if ('chunk_overlap_tokens' in value) value.chunk_overlap_tokens = Number(value.max_chunk_size_tokens) >> 1;
    return value;
  });
}

/** Values that the schema allows. */
export function valid(of: Schema): Arbitrary<unknown> {
  const schema = resolved(of);
  const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (alternatives) return fc.oneof(...alternatives.map(valid));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  return fc.oneof(...[schema.type].flat().map((type) => ofType(String(type), schema)));
}

function ofType(type: string, schema: Schema): Arbitrary<unknown> {
  const { minLength = 0, maxLength = 100, minimum, maximum, items = {}, minItems = 0, maxItems = MANY } = schema;
  switch (type) {
    case 'string':
      return schema.format === 'uri' ? url : textOf(minLength, maxLength);
    case 'integer':
      return fc.integer({ min: minimum, max: maximum });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valid(items), { minLength: minItems, maxLength: Math.min(maxItems, MANY) });
    case 'object':
      return objectOf(schema);
    default:
      throw new Error(`The fuzzer knows no type ${type}.`);
  }
}

const brokenText = fc.constantFrom('\u0000', 'a\u0000b', '\ud800', '\udc00\ud800', 'a\udfffb', '\ud83d😀');

const oddNumber = fc
  .constantFrom('1e400', '-1e400', '-0', '1.0', '1E2', '9007199254740993', '0.1', '1e-400', `1${'0'.repeat(400)}`)
  .map((text) => new Raw(text));

const deep = fc
  .tuple(fc.constantFrom(['[', ']'], ['{"a":', '}']), fc.constantFrom(2, 33, 3_000))
  .map(([[open = '', close = ''], depth]) => new Raw(`${open.repeat(depth)}0${close.repeat(depth)}`));

/** Anything but what was asked for. */
export const hostile: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, 7, 1.5, '', 'undefined', 'null', [], {}, [null], [[]], 'user', 'text'),
  fc.constantFrom('a'.repeat(513), '😀'.repeat(257), 'a'.repeat(70_000)),
  brokenText,
  oddNumber,
  deep,
  fc.constantFrom(...OBJECT_NAMES).map((name) => Object.fromEntries([[name, { polluted: true }]])),
  fc.nat(40).map((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'x']))),
  fc.nat(600).map((count) => Array.from({ length: count }, () => 'x')),
  fc.jsonValue(),
);

const strangeName = fc.oneof(
  fc.constantFrom(...OBJECT_NAMES, 'id', 'object', 'created_at', 'thread_id', 'project_id', 'run_id', 'k'.repeat(65)),
  brokenText,
  fc.string({ unit: 'binary' }),
);

/** A change at one place: another value, text that cannot be stored, one name fewer, one name more. */
interface Edit {
  readonly place: number;
  readonly kind: 'replace' | 'spoil' | 'remove' | 'add';
  readonly spoiling: string;
  readonly name: string;
  readonly value: unknown;
}

const edit: Arbitrary<Edit> = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('replace', 'spoil', 'remove', 'add'),
  spoiling: brokenText,
  name: strangeName,
  value: hostile,
});

type Place = [holder: Record<string, unknown>, key: string];

const placesIn = (value: unknown): Place[] =>
  typeof value === 'object' && value !== null
    ? Object.keys(value).flatMap((key): Place[] => {
        const holder = value as Record<string, unknown>;
        return [[holder, key], ...placesIn(holder[key])];
      })
    : [];

function edited(value: unknown, { place, kind, spoiling, name, value: other }: Edit): unknown {
  const whole = { value: structuredClone(value) };
  const places = placesIn(whole);
  const [holder, key] = places[place % places.length]!;
  const target = holder[key];
  if (kind === 'remove' && holder !== whole) delete holder[key];
  else if (kind === 'spoil' && typeof target === 'string') holder[key] = target + spoiling;
  else if (kind === 'add' && Array.isArray(target)) target.push(other);
  else if (kind === 'add' && typeof target === 'object' && target !== null) {
    Object.defineProperty(target, name, { value: other, enumerable: true, configurable: true, writable: true });
  } else holder[key] = other;
  return whole.value;
}

/** Values that the schema would allow but for one place, or that it happens to allow still. */
export const almostValid = (schema: Schema): Arbitrary<unknown> =>
  fc.tuple(valid(schema), edit).map(([value, change]) => edited(value, change));
