import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ApiError, type ErrorKind } from '../errors/api-error.js';
import { keyInUse, keyReused } from '../errors/catalogue.js';
import { ErrorResponseDto, statusOf } from '../errors/error-response.dto.js';
import type { Prisma } from '../generated/prisma/client.js';
import { Answer, textOf } from '../http/answer.js';
import { Turns } from '../prisma/turns.js';
import { IdempotencyRepository, type Reply } from './idempotency.repository.js';
import type { KeyedRequest } from './keyed-request.js';

/** Refusals that the same request would get again. What depends on time, load or another one's luck is not kept. */
const KEPT_REFUSALS: readonly ErrorKind[] = ['invalid_request', 'not_found'];

const OK = 200;

/** Of the connections: each of these transactions holds one through several statements. */
const SHARE_OF_POOL = 0.5;

const CAME_LATER = "Other requests with an 'Idempotency-Key' came first.";

export interface Answered {
  readonly reply: Reply;
  readonly isReplayed: boolean;
}

type Work = (transaction: Prisma.TransactionClient) => Promise<object>;

/** Does the work of a request with a key once. Work, reply and key are stored together, or not at all. */
@Injectable()
export class IdempotencyService {
  private readonly turns: Turns;
  /** The keys whose work this server is doing. */
  private readonly atWork = new Set<string>();

  constructor(
    private readonly replies: IdempotencyRepository,
    config: Config,
  ) {
    this.turns = new Turns(Math.ceil(config.databasePoolSize * SHARE_OF_POOL), CAME_LATER);
  }

  /** `work` runs its statements in the transaction that it is given. */
  async answer(request: KeyedRequest, work: Work): Promise<Answered> {
    // It would be told so by the database only when it has its turn.
    if (this.atWork.has(nameOf(request))) throw keyInUse();
    return this.turns.take(subjectOf(request), () =>
      this.replies.transaction((transaction) => this.answerIn(transaction, request, work)),
    );
  }

  private async answerIn(transaction: Prisma.TransactionClient, request: KeyedRequest, work: Work): Promise<Answered> {
    const claim = await this.replies.claim(transaction, request);
    if (claim === false) throw keyInUse();
    if (claim !== true) {
      if (!Buffer.from(claim.fingerprint).equals(request.fingerprint)) throw keyReused();
      return { reply: claim, isReplayed: true };
    }
    this.atWork.add(nameOf(request));
    const reply = await replyOf(work(transaction)).finally(() => this.atWork.delete(nameOf(request)));
    if (!(await this.replies.keep(transaction, request, reply))) throw keyInUse();
    return { reply, isReplayed: false };
  }
}

const nameOf = ({ projectId, key }: KeyedRequest): string => `${projectId}/${key}`;

/** What the work waits for when others are at it: its thread. A new thread waits for nothing. */
const subjectOf = ({ projectId, threadId }: KeyedRequest): unknown =>
  threadId === undefined ? Symbol() : `${projectId}/${threadId}`;

async function replyOf(work: Promise<object>): Promise<Reply> {
  try {
    const answer = await work;
    return { status: OK, body: textOf(answer), version: (answer instanceof Answer && answer.version) || null };
  } catch (error) {
    if (!(error instanceof ApiError && KEPT_REFUSALS.includes(error.kind))) throw error;
    return { status: statusOf(error), body: JSON.stringify(ErrorResponseDto.from(error)), version: null };
  }
}
