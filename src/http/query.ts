import { parse } from 'node:querystring';
import { isObject } from '../validation/check.js';

/** The name up to the first bracket, and all up to the last one: keys of metadata may contain brackets. */
const IN_BRACKETS = /^([^[\]]+)\[(.*)\]$/s;

/**
 * The parameters of a query as text; `metadata[user]=abc` becomes `{ metadata: { user: 'abc' } }`. A parameter that
 * is given more than once becomes an array, which the rules of the fields refuse.
 */
export function parseQuery(query: string): Record<string, unknown> {
  const parameters: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(parse(query, '&', '=', { maxKeys: 0 }))) {
    const [, outer = name, inner] = IN_BRACKETS.exec(name) ?? [];
    const known = parameters[outer];
    if (inner === undefined) parameters[outer] = known === undefined ? value : [known, value];
    else if (isObject(known)) known[inner] = value;
    else
      parameters[outer] = known === undefined ? Object.assign(Object.create(null), { [inner]: value }) : [known, value];
  }
  return parameters;
}
