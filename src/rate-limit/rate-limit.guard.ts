import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Caller, callerOf } from '../auth/caller.js';
import { rateLimited } from '../errors/catalogue.js';
import { headersOf, wholeSeconds } from './allowance.js';
import { RateLimitService } from './rate-limit.service.js';

/** Refuses what a key of a project asks for beyond its rate, and tells every answer how much is left. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(private readonly limits: RateLimitService) {}

  canActivate(context: ExecutionContext): Promise<true> {
    const http = context.switchToHttp();
    const caller = callerOf(http.getRequest<FastifyRequest>());
    return this.admit(caller, (headers) => void http.getResponse<FastifyReply>().headers(headers));
  }

  /** What both doors ask. `tell` gives the answer its headers, also when it is a refusal. */
  async admit(caller: Caller | undefined, tell: (headers: Record<string, string>) => void): Promise<true> {
    if (caller?.kind !== 'project') return true;
    const { projectId, keyId } = caller;
    const allowance = await this.limits.take(projectId, keyId);
    tell(headersOf(allowance));
    const { limit, retryMs } = allowance;
    if (retryMs === undefined) return true;
    throw rateLimited(`${keyId} in project ${projectId}`, limit, wholeSeconds(retryMs));
  }
}
