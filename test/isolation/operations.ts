import type { Answer, Client } from '../support/client.js';
import { openApi } from '../support/contract.js';
import type { Ids } from './tenant.js';

type Json = Record<string, unknown>;

/** Where an operation takes an id, and what the id is of. */
export interface Place {
  readonly where: 'path' | 'query' | 'body';
  readonly name: string;
  readonly of: keyof Ids;
  /** Kept as it is sent, and never looked up: it names something outside, or a label. */
  readonly isReference: boolean;
}

export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly kind: 'project_key' | 'admin_key';
  readonly body: Json | undefined;
  readonly fields: readonly string[];
  readonly places: readonly Place[];
}

const isIdName = (name: string): boolean => /(^|_)ids?$/.test(name);

/** A body that has an id in one of the places that the document knows. One that is missing here stops the suite. */
const bodiesByPlace: Readonly<Record<string, (id: string) => Json>> = {
  'tool_resources.code_interpreter.file_ids': (id) => ({ tool_resources: { code_interpreter: { file_ids: [id] } } }),
  'tool_resources.file_search.vector_store_ids': (id) => ({
    tool_resources: { file_search: { vector_store_ids: [id] } },
  }),
  'tool_resources.file_search.vector_stores.file_ids': (id) => ({
    tool_resources: { file_search: { vector_stores: [{ file_ids: [id] }] } },
  }),
  'messages.content.image_file.file_id': (id) => ({ messages: [{ role: 'user', content: [imageFile(id)] }] }),
  'messages.attachments.file_id': (id) => ({ messages: [{ role: 'user', content: 'Hi', attachments: [file(id)] }] }),
  'content.image_file.file_id': (id) => ({ role: 'user', content: [imageFile(id)] }),
  'attachments.file_id': (id) => ({ role: 'user', content: 'Hi', attachments: [file(id)] }),
  external_key_id: (id) => ({ name: 'Renamed', external_key_id: id }),
};

const imageFile = (id: string): Json => ({ type: 'image_file', image_file: { file_id: id } });
const file = (id: string): Json => ({ file_id: id, tools: [{ type: 'file_search' }] });

/** Ids of things that this server has no rows of. In a body the ids of vector stores are references too. */
const OF_NOTHING_HERE = ['file_id', 'run_id', 'external_key_id'];

function placeOf(where: Place['where'], path: string, name: string): Place {
  // A cursor is the id of what is listed: `after` of /threads is a thread, and of /events/stream an event.
  const listed = `${path
    .split('/')
    .findLast((part) => part.endsWith('s'))
    ?.replace(/ies$/, 'y')
    .replace(/s$/, '')}_id`;
  const of = where === 'query' && !isIdName(name) ? listed : (name.split('.').at(-1) ?? '').replace(/ids$/, 'id');
  return { where, name, of: of as keyof Ids, isReference: where === 'body' || OF_NOTHING_HERE.includes(of) };
}

function resolve(schema: Json): Json {
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  return name === undefined ? schema : openApi.components.schemas[name]!;
}

/** The paths of all fields of a body that hold ids. */
function idsIn(given: Json, path: string, name = ''): string[] {
  const schema = resolve(given);
  if (path && isIdName(name)) return [path];
  const variants = [schema.oneOf, schema.anyOf, schema.allOf, schema.items].flat().filter(Boolean) as Json[];
  return [
    ...new Set([
      ...variants.flatMap((each) => idsIn(each, path)),
      ...Object.entries((schema.properties ?? {}) as Record<string, Json>).flatMap(([field, each]) =>
        idsIn(each, path ? `${path}.${field}` : field, field),
      ),
    ]),
  ];
}

interface Documented {
  readonly security?: readonly Record<string, unknown>[];
  readonly parameters?: readonly { in: 'path' | 'query'; name: string }[];
  readonly requestBody?: { content: Record<string, { schema: Json; examples: Record<string, { value: Json }> }> };
}

function operationOf(method: string, path: string, documented: Documented): Operation {
  const content = documented.requestBody?.content['application/json'];
  const parameters = documented.parameters ?? [];
  const cursors = ['after', 'before'];
  return {
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    kind: Object.keys(documented.security?.[0] ?? {})[0] as Operation['kind'],
    body: content && Object.values(content.examples)[0]?.value,
    fields: Object.keys((content && (resolve(content.schema).properties as Json)) ?? {}),
    places: [
      ...parameters
        .filter((each) => each.in === 'path' || cursors.includes(each.name) || isIdName(each.name))
        .map((each) => placeOf(each.in, path, each.name)),
      ...(content ? idsIn(content.schema, '') : []).map((field) => placeOf('body', path, field)),
    ],
  };
}

/** Every operation of the document that asks for a key. */
export const closedOperations: readonly Operation[] = Object.entries(openApi.paths)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, documented]) => operationOf(method, path, documented as Documented)),
  )
  .filter(({ kind }) => kind !== undefined);

interface Extra {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: Json;
}

/** Calls an operation with the ids of one tenant, and with `id` in one place. */
export function callOf(operation: Operation, ids: Ids, place?: Place, id = '', extra: Extra = {}) {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    place?.where === 'path' && place.name === name ? id : ids[name as keyof Ids],
  );
  const query = new URLSearchParams({ ...extra.query, ...(place?.where === 'query' && { [place.name]: id }) });
  const changed = place?.where === 'body' ? bodiesByPlace[place.name]!(id) : undefined;
  const body = extra.body ?? changed ?? operation.body;
  return (client: Client): Promise<Answer> =>
    client.send(operation.method, `/v1${path}?${query.toString()}`, {
      headers: { ...extra.headers, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
}

/** The places that nobody has said how to fill. */
export const unknownPlaces = (known: Ids): string[] =>
  closedOperations.flatMap(({ name, places }) =>
    places
      .filter((place) => !(place.of in known) || (place.where === 'body' && !(place.name in bodiesByPlace)))
      .map((place) => `${name}: ${place.where} ${place.name}`),
  );
