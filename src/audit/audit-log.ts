import { Injectable } from '@nestjs/common';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { ApiError } from '../errors/api-error.js';
import { LineLimit } from './line-limit.js';

/** What administrators do, in the words of OpenAI's audit log. */
export type AdministrationEvent =
  | 'project.created'
  | 'project.updated'
  | 'project.archived'
  | 'service_account.created'
  | 'service_account.updated'
  | 'service_account.deleted'
  | 'api_key.deleted';

/** A request, by whichever door it came. */
export interface AuditedRequest {
  readonly id: string;
  readonly ip: string;
  readonly log: FastifyBaseLogger;
  /** What outlives the request. */
  readonly server: { readonly log: FastifyBaseLogger };
}

const REFUSED = 'authentication.failed';

/**
 * Who was not let in, and what was administered: a line each, in the log of the server, at the level `warn`, which is
 * shown by default. No line has a secret in it. What an administrator did is never left out; of failures, which
 * anyone can cause, a second has a bounded number of lines.
 */
@Injectable()
export class AuditLog {
  private readonly failures = new LineLimit();

  /** A request that was refused for its key; `key` is the redacted form of what it carried. */
  refused(request: AuditedRequest, error: unknown, key: string | undefined): void {
    if (!(error instanceof ApiError) || !['unauthenticated', 'forbidden'].includes(error.kind)) return;
    const reason = error.code ?? 'missing_api_key';
    const { log } = request.server;
    const tellOthers = (suppressed: number): void => log.warn({ audit: REFUSED, reason, suppressed }, 'audit');
    if (!this.failures.allows(reason, tellOthers)) return;
    request.log.warn({ reqId: request.id, audit: REFUSED, reason, key, address: request.ip }, 'audit');
  }

  /** Something that an administrator changed. `actor` is the id of the admin key. */
  administered(request: FastifyRequest, event: AdministrationEvent, actor: string | undefined, ids: object): void {
    request.log.warn({ reqId: request.id, audit: event, actor, address: request.ip, ...ids }, 'audit');
  }
}
