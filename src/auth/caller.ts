import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Tenant } from './tenant.js';

/** Who is asking, as the key says: a project (the tenant), or an administrator of the installation. */
export type Caller =
  | ({ readonly kind: 'project' } & Omit<Tenant, 'transaction'>)
  | { readonly kind: 'administrator'; readonly keyId: string };

const CALLER = Symbol('caller');

/** A request, by whichever door it came. */
type AuthenticatedRequest = object & { [CALLER]?: Caller };

export function setCaller(request: AuthenticatedRequest, caller: Caller): void {
  request[CALLER] = caller;
}

export const callerOf = (request: AuthenticatedRequest): Caller | undefined => request[CALLER];

/** The project whose key a request carries. It is the only source of a tenant. */
export function tenantOf(request: AuthenticatedRequest): Tenant {
  const caller = callerOf(request);
  if (caller?.kind !== 'project') throw new Error('This route was reached without the key of a project.');
  return caller;
}

export const CurrentTenant = createParamDecorator((_: undefined, context: ExecutionContext) =>
  tenantOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
