import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type Observable, tap } from 'rxjs';
import { type AdministrationEvent, AuditLog } from '../audit/audit-log.js';
import { callerOf } from '../auth/caller.js';

export const Event = Reflector.createDecorator<AdministrationEvent>();

/** The answer of an operation that changes something: it names what was changed, and the key that was made with it. */
interface Changed {
  readonly id: string;
  readonly api_key?: { readonly id: string } | null;
}

/** Writes down who did what to which project, service account or key, once it is done. */
@Injectable()
export class AuditInterceptor implements NestInterceptor<Changed, Changed> {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: AuditLog,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<Changed>): Observable<Changed> {
    const event = this.reflector.get(Event, context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const [kind] = event.split('.');
    return next.handle().pipe(
      tap(({ id, api_key }) => {
        const made = api_key ? { api_key_id: api_key.id } : {};
        const ids = Object.assign({}, request.params, { [`${kind}_id`]: id }, made);
        this.audit.administered(request, event, callerOf(request)?.keyId, ids);
      }),
    );
  }
}
