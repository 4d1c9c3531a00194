import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { expectedVersions } from './entity-tag.js';
import type { ExpectedVersions } from './version.js';

/** The versions that the header `If-Match` names. */
export const IfMatch = createParamDecorator((_: undefined, context: ExecutionContext): ExpectedVersions => {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return expectedVersions(headers['if-match']);
});
