import { Module } from '@nestjs/common';
import { PruningService } from '../pruning/pruning.service.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { IdempotencyService } from './idempotency.service.js';

/** An expired reply is not given any more, so it may stay a little: the clocks of servers differ. */
const GRACE_MS = 10 * 60_000;

@Module({ providers: [IdempotencyRepository, IdempotencyService], exports: [IdempotencyService] })
export class IdempotencyModule {
  constructor(pruning: PruningService, replies: IdempotencyRepository) {
    pruning.keep('idempotency keys', GRACE_MS, (expiredBefore, limit) => replies.prune(expiredBefore, limit));
  }
}
