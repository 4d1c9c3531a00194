import { Injectable } from '@nestjs/common';
import { ApiError, type ErrorKind } from '../errors/api-error.js';
import { keyInUse, keyReused } from '../errors/catalogue.js';
import { ErrorResponseDto, statusOf } from '../errors/error-response.dto.js';
import type { Prisma } from '../generated/prisma/client.js';
import { Answer, textOf } from '../http/answer.js';
import { IdempotencyRepository, type Reply } from './idempotency.repository.js';
import type { KeyedRequest } from './keyed-request.js';

/** Refusals that the same request would get again. What depends on time, load or another one's luck is not kept. */
const KEPT_REFUSALS: readonly ErrorKind[] = ['invalid_request', 'not_found'];

const OK = 200;

export interface Answered {
  readonly reply: Reply;
  readonly isReplayed: boolean;
}

/** Does the work of a request with a key once. Work, reply and key are stored together, or not at all. */
@Injectable()
export class IdempotencyService {
  constructor(private readonly replies: IdempotencyRepository) {}

  /** `work` runs its statements in the transaction that it is given. */
  async answer(
    request: KeyedRequest,
    work: (transaction: Prisma.TransactionClient) => Promise<object>,
  ): Promise<Answered> {
    return this.replies.transaction(async (transaction) => {
      const claim = await this.replies.claim(transaction, request);
      if (claim === false) throw keyInUse();
      if (claim !== true) {
        if (!Buffer.from(claim.fingerprint).equals(request.fingerprint)) throw keyReused();
        return { reply: claim, isReplayed: true };
      }
      const reply = await replyOf(work(transaction));
      if (!(await this.replies.keep(transaction, request, reply))) throw keyInUse();
      return { reply, isReplayed: false };
    });
  }
}

async function replyOf(work: Promise<object>): Promise<Reply> {
  try {
    const answer = await work;
    return { status: OK, body: textOf(answer), version: (answer instanceof Answer && answer.version) || null };
  } catch (error) {
    if (!(error instanceof ApiError && KEPT_REFUSALS.includes(error.kind))) throw error;
    return { status: statusOf(error), body: JSON.stringify(ErrorResponseDto.from(error)), version: null };
  }
}
