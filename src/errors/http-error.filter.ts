import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';
import {
  malformedRequest,
  outcomeUnknown,
  serverError,
  unavailable,
  unknownUrl,
  unsupportedMediaType,
  uriTooLong,
} from './catalogue.js';
import { isDatabaseAway, isOutcomeUnknown, unavailability } from './database-error.js';
import { ErrorResponseDto, statusOf } from './error-response.dto.js';

const AWAY_LOG_INTERVAL_MS = 1_000;

/** Turns everything that is thrown into OpenAI's envelope. What nobody foresaw is logged, and says nothing. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  private loggedAwayAt = 0;

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toApiError(thrown, request);
    if (thrown !== error && this.isWorthLogging(error))
      request.log.error({ reqId: request.id, err: thrown }, error.message);
    void reply.status(statusOf(error)).headers(headersOf(error, request)).send(ErrorResponseDto.from(error));
  }

  /** Of a database that is away every request could tell; one a second does. */
  private isWorthLogging({ kind }: ApiError): boolean {
    if (kind !== 'unavailable' && kind !== 'outcome_unknown') return kind === 'internal';
    if (Date.now() - this.loggedAwayAt < AWAY_LOG_INTERVAL_MS) return false;
    this.loggedAwayAt = Date.now();
    return true;
  }
}

function toApiError(thrown: unknown, request: FastifyRequest): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof HttpException) return fromFramework(thrown, request);
  if (request.method !== 'GET' && isOutcomeUnknown(thrown)) return outcomeUnknown();
  if (isDatabaseAway(thrown)) return unavailable(unavailability(thrown));
  return serverError(request.id);
}

/** What the router, the parser of content types and the framework refuse by themselves. */
function fromFramework(exception: HttpException, request: FastifyRequest): ApiError {
  switch (exception.getStatus()) {
    case 404:
      return unknownUrl(request.method, request.originalUrl);
    case 414:
      return uriTooLong();
    case 415:
      return unsupportedMediaType('application/json');
    default:
      return exception.getStatus() < 500 ? malformedRequest() : serverError(request.id);
  }
}

function headersOf({ kind, retryAfterSeconds }: ApiError, { headers }: FastifyRequest): Record<string, string> {
  switch (kind) {
    case 'unauthenticated':
      return { 'www-authenticate': 'Bearer realm="OpenAI API"' };
    case 'unavailable':
      return { 'retry-after': '1' };
    // The SDKs obey these: the one is worth repeating, the other never.
    case 'key_in_use':
      return { 'retry-after': '1', 'x-should-retry': 'true' };
    case 'key_reused':
      return { 'x-should-retry': 'false' };
    case 'rate_limited':
      return { 'retry-after': String(retryAfterSeconds) };
    case 'outcome_unknown':
      // The SDKs would repeat the request by themselves; with a key that is safe.
      return { 'retry-after': '1', ...(headers['idempotency-key'] ? {} : { 'x-should-retry': 'false' }) };
    default:
      return {};
  }
}
