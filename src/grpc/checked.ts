import type { Type } from '@nestjs/common';
import { objectOf, queryProblem } from '../validation/fields.js';

/** What would be the body of a request by HTTP, if it keeps the same rules; throws the refusal otherwise. */
export function checkedBody<Body extends object>(dto: Type<Body>, body: unknown): Body {
  requireBody(dto, body);
  return body;
}

/** The same for a query. */
export function checkedQuery<Query extends object>(dto: Type<Query>, query: unknown): Query {
  requireQuery(dto, query);
  return query;
}

function requireBody<Body extends object>(dto: Type<Body>, body: unknown): asserts body is Body {
  const problem = objectOf(() => dto)(body, '');
  if (problem) throw problem;
}

function requireQuery<Query extends object>(dto: Type<Query>, query: unknown): asserts query is Query {
  const problem = queryProblem(dto, query);
  if (problem) throw problem;
}
