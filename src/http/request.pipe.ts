import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { IncomingMessage } from 'node:http';
import { Config } from '../config/config.js';
import { objectOf, queryProblem } from '../validation/fields.js';
import { bodyLimitOf } from './body-limit.js';
import { readJsonBody } from './body.js';

/** Holds the body and the query of every request against the DTO class that its handler declares. */
@Injectable()
export class RequestPipe implements PipeTransform {
  constructor(private readonly config: Config) {}

  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if (metatype && type === 'query') return checkedQuery(value, metatype);
    if (metatype && type === 'body') return this.checkedBody(value, metatype);
    return value;
  }

  /** The value of a body is the request itself, unread; undefined when it announces none. */
  private async checkedBody(request: unknown, dto: Type): Promise<unknown> {
    const maxBytes = Math.min(bodyLimitOf(dto), this.config.bodyLimit);
    const body = request instanceof IncomingMessage ? await readJsonBody(request, maxBytes) : {};
    const problem = objectOf(() => dto)(body, '');
    if (problem) throw problem;
    return body;
  }
}

function checkedQuery(query: unknown, dto: Type): unknown {
  const problem = queryProblem(dto, query);
  if (problem) throw problem;
  return query;
}
