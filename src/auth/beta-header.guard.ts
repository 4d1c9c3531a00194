import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { missingBetaHeader } from '../errors/catalogue.js';

/** Asks for the header `OpenAI-Beta: assistants=…`, as OpenAI's servers did, when it is configured to. */
@Injectable()
export class BetaHeaderGuard implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.config.requiresBetaHeader && !String(headers['openai-beta'] ?? '').includes('assistants=')) {
      throw missingBetaHeader();
    }
    return true;
  }
}
