import type { Answer } from '../support/client.js';
import { isDocumentedBody, type Operation } from '../support/contract.js';
import { modified, pairsOf, patched } from '../support/given-back.js';
import type { FuzzRequest } from './requests.js';

type Body = Answer['body'];

const isStorable = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\u0000');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, each]) => isStorable(key) && isStorable(each));
};

/** What was sent as JSON; undefined when it is none. */
export function sentBody(body: string | undefined): Body {
  if (body === undefined || body === '') return {};
  try {
    return JSON.parse(body.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

const takesType = (method: string, contentType: string): boolean =>
  contentType === 'application/json' || (method === 'patch' && contentType === 'application/merge-patch+json');

/** What the document cannot say: sizes against each other, and how many keys of metadata there are in the end. */
function fitsTogether(method: string, sent: Body, before: Body): boolean {
  const strategy = sent.tool_resources?.file_search?.vector_stores?.[0]?.chunking_strategy?.static;
  if (strategy && strategy.chunk_overlap_tokens > Math.floor(strategy.max_chunk_size_tokens / 2)) return false;
  if (!before?.metadata) return true;
  const isShort = Object.keys(sent.metadata ?? {}).every((key) => [...key].length <= 64);
  return isShort && pairsOf((method === 'patch' ? patched : modified)(before, sent)) <= 16;
}

/** Whether a body has to be accepted. `before` is what it changes; undefined when it creates something. */
export function takesBody(template: string, method: string, request: FuzzRequest, before: Body): boolean {
  if (request.body === undefined) return true;
  const sent = sentBody(request.body);
  if (request.body !== '' && !takesType(method, request.contentType)) return false;
  return isDocumentedBody(template, method, sent) && isStorable(sent) && fitsTogether(method, sent, before);
}

export function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

const queriesOf = ({ parameters = [] }: Operation) => parameters.filter((each) => each.in === 'query');

/** Whether a query says nothing that the operation knows. */
export const isPlain = (operation: Operation, query: string): boolean =>
  !queriesOf(operation).some(({ name }) => query.includes(name) || query.includes(encodeURIComponent(name)));

const isOneOf =
  (items: Body) =>
  (value: string): boolean =>
    items.enum.includes(value);

/** Whether a query may be answered with a page. No cursor of the fuzzer is one: the model tries those. */
export function takesQuery(operation: Operation, query: string): boolean {
  const given = new URLSearchParams(query);
  return queriesOf(operation).every(({ name, schema }) => {
    const values = given.getAll(name);
    const [value] = values;
    if (value === undefined) return true;
    if (schema.type === 'array') return values.length <= Number(schema.maxItems) && values.every(isOneOf(schema.items));
    if (values.length > 1) return false;
    if (name === 'after' || name === 'before') return value === '';
    if (schema.type === 'boolean') return value === 'true' || value === 'false';
    if (Array.isArray(schema.enum)) return schema.enum.includes(value);
    if (schema.type !== 'integer') return schema.type === 'string' && isStorable(value);
    return /^-?\d+$/.test(value) && Number(value) >= Number(schema.minimum) && Number(value) <= Number(schema.maximum);
  });
}
