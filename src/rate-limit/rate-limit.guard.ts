import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../auth/caller.js';
import { rateLimited } from '../errors/catalogue.js';
import { headersOf, wholeSeconds } from './allowance.js';
import { RateLimitService } from './rate-limit.service.js';

/** Refuses what a key of a project asks for beyond its rate, and tells every answer how much is left. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(private readonly limits: RateLimitService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const caller = callerOf(http.getRequest<FastifyRequest>());
    if (caller?.kind !== 'project') return true;
    const { projectId, keyId } = caller;
    const allowance = await this.limits.take(projectId, keyId);
    http.getResponse<FastifyReply>().headers(headersOf(allowance));
    const { limit, retryMs } = allowance;
    if (retryMs === undefined) return true;
    throw rateLimited(`${keyId} in project ${projectId}`, limit, wholeSeconds(retryMs));
  }
}
