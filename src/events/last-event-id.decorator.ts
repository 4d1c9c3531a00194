import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** What `EventSource` sends when it comes back. */
export const LastEventId = createParamDecorator((_: undefined, context: ExecutionContext): string | undefined => {
  const id = context.switchToHttp().getRequest<FastifyRequest>().headers['last-event-id'];
  return id === undefined || id === '' ? undefined : String(id);
});
