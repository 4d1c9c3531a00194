import { Injectable } from '@nestjs/common';
import type { StatusObject } from '@grpc/grpc-js';
import { ApiError } from '../errors/api-error.js';
import { FailureLines, toRefusal } from '../errors/failure.js';
import type { GrpcRequest } from './grpc-request.js';
import { richStatusOf } from './rich-status.js';

/** Turns everything that is thrown into a status. What nobody foresaw is logged, and says nothing. */
@Injectable()
export class Refusals {
  private readonly lines = new FailureLines();

  toStatus(thrown: unknown, request: GrpcRequest): StatusObject {
    const error = thrown instanceof ApiError ? thrown : toRefusal(thrown, true, request.id);
    if (thrown !== error && this.lines.isWorthOne(error)) {
      request.log.error({ reqId: request.id, err: thrown }, error.message);
    }
    return richStatusOf(error, request.idempotencyKey !== undefined);
  }
}
