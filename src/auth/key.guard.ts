import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type AuditedRequest, AuditLog } from '../audit/audit-log.js';
import { insufficientPermissions, mismatchedProject, missingKey } from '../errors/catalogue.js';
import { ForAdministrators, Public } from './access.decorator.js';
import { redactApiKey } from './api-key.js';
import { type Caller, setCaller } from './caller.js';
import { KeysService } from './keys.service.js';

/** RFC 9110: the scheme in any case, then the credentials. Keys may contain spaces. */
const BEARER = /^Bearer +(\S.*)$/i;

/** A request with what tells who sent it, by whichever door it came. */
export interface IncomingRequest extends AuditedRequest {
  readonly headers: { readonly authorization?: string; readonly 'openai-project'?: string | string[] };
}

/** Who may enter a route. */
type Access = 'anyone' | Caller['kind'];

/** Every route is closed unless it is marked public, and open to projects unless it is for administrators. */
@Injectable()
export class KeyGuard implements CanActivate {
  /** By the handler of the route: its marks do not change, and reading them took 1 % of a request. */
  private readonly known = new WeakMap<object, Access>();

  constructor(
    private readonly reflector: Reflector,
    private readonly keys: KeysService,
    private readonly audit: AuditLog,
  ) {}

  canActivate(context: ExecutionContext): Promise<true> | true {
    const access = this.accessOf(context);
    return access === 'anyone' || this.admit(context.switchToHttp().getRequest<FastifyRequest>(), access);
  }

  /** Lets in who has the key that is wanted, and refuses all others: what both doors ask. */
  async admit(request: IncomingRequest, wanted: Caller['kind']): Promise<true> {
    const key = bearerKey(request.headers.authorization);
    try {
      setCaller(request, await this.callerOf(request, key, wanted));
    } catch (error) {
      this.audit.refused(request, error, key && redactApiKey(key));
      throw error;
    }
    return true;
  }

  private async callerOf(request: IncomingRequest, key: string | undefined, wanted: Caller['kind']): Promise<Caller> {
    if (!key) throw missingKey();
    const caller = await this.keys.authenticate(key, request);
    if (caller.kind !== wanted) throw insufficientPermissions();
    const project = request.headers['openai-project'];
    if (caller.kind === 'project' && project && project !== caller.projectId) throw mismatchedProject();
    return caller;
  }

  private accessOf(context: ExecutionContext): Access {
    const handler = context.getHandler();
    const known = this.known.get(handler);
    if (known) return known;
    const targets = [handler, context.getClass()];
    const isMarked = (mark: typeof Public): boolean => this.reflector.getAllAndOverride(mark, targets) ?? false;
    const access = isMarked(Public) ? 'anyone' : isMarked(ForAdministrators) ? 'administrator' : 'project';
    this.known.set(handler, access);
    return access;
  }
}

const bearerKey = (authorization: string | undefined): string | undefined =>
  BEARER.exec(authorization ?? '')?.[1]?.trimEnd();
