import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Json = Record<string, unknown>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly schema: Json;
}

interface MediaType {
  readonly schema: Json;
  readonly examples?: Record<string, { readonly value: unknown }>;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, MediaType> };
  readonly responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

/** The document that is checked in. */
export const openApi = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Json> };
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('unixtime', { type: 'number', validate: Number.isInteger });
ajv.addFormat('uri', (text: string) => URL.canParse(text));
ajv.addSchema(closed(openApi), 'openapi.json');

/** A copy in which every object that lists its fields has no others. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return ('properties' in copy && 'type' in copy ? { additionalProperties: false, ...copy } : copy) as T;
}

const validators = new Map<string, ValidateFunction>();

/** Throws unless the document knows the operation, its status, and a body like this one. */
export function requireDocumented(method: string, path: string, status: number, body: unknown): void {
  const [template, operation] = findOperation(method, path);
  if (!operation) return;
  const where = `${method} ${template} ${status}`;
  if (!operation.responses[status]) throw new Error(`${where} is not in openapi.json: ${JSON.stringify(body)}`);
  const validate = validatorOf(template, method.toLowerCase(), status);
  if (!validate(body)) {
    throw new Error(`${where} does not answer as openapi.json says: ${ajv.errorsText(validate.errors)}`);
  }
}

function findOperation(method: string, path: string): [string, Operation | undefined] {
  const segments = path
    .split('?')[0]!
    .replace(/^\/v1(?=\/)/, '')
    .split('/');
  const template = Object.keys(openApi.paths).find((candidate) => {
    const wanted = candidate.split('/');
    return wanted.length === segments.length && wanted.every((each, i) => each.startsWith('{') || each === segments[i]);
  });
  return template ? [template, openApi.paths[template]![method.toLowerCase()]] : [path, undefined];
}

/** Whether a body is one that the document allows. */
export function isDocumentedBody(template: string, method: string, body: unknown): boolean {
  return validatorAt('paths', template, method, 'requestBody', 'content', 'application/json', 'schema')(body);
}

/** Throws unless a value is what the document says of the schema with this name. */
export function requireSchema(name: string, value: unknown): void {
  const validate = validatorAt('components', 'schemas', name);
  if (!validate(value)) throw new Error(`This is no ${name}: ${ajv.errorsText(validate.errors)}`);
}

const validatorOf = (template: string, method: string, status: number): ValidateFunction =>
  validatorAt('paths', template, method, 'responses', String(status), 'content', 'application/json', 'schema');

function validatorAt(...path: readonly string[]): ValidateFunction {
  const pointer = path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const known = validators.get(pointer);
  const validate = known ?? ajv.compile({ $ref: `openapi.json#/${pointer}` });
  validators.set(pointer, validate);
  return validate;
}
