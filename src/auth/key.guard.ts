import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { insufficientPermissions, mismatchedProject, missingKey } from '../errors/catalogue.js';
import { ForAdministrators, Public } from './access.decorator.js';
import { setCaller } from './caller.js';
import { KeysService } from './keys.service.js';

/** RFC 9110: the scheme in any case, then the credentials. Keys may contain spaces. */
const BEARER = /^Bearer +(\S.*)$/i;

/** Every route is closed unless it is marked public, and open to projects unless it is for administrators. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: KeysService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride(Public, targets)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.keys.authenticate(bearerKey(request.headers.authorization));
    const wanted = this.reflector.getAllAndOverride(ForAdministrators, targets) ? 'administrator' : 'project';
    if (caller.kind !== wanted) throw insufficientPermissions();
    const project = request.headers['openai-project'];
    if (caller.kind === 'project' && project && project !== caller.projectId) throw mismatchedProject();
    setCaller(request, caller);
    return true;
  }
}

function bearerKey(authorization: string | undefined): string {
  const key = BEARER.exec(authorization ?? '')?.[1]?.trimEnd();
  if (!key) throw missingKey();
  return key;
}
