import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';
import { malformedRequest, serverError, unknownUrl, unsupportedMediaType, uriTooLong } from './catalogue.js';
import { ErrorResponseDto, statusOf } from './error-response.dto.js';
import { FailureLines, toRefusal } from './failure.js';

/** Turns everything that is thrown into OpenAI's envelope. What nobody foresaw is logged, and says nothing. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  private readonly lines = new FailureLines();

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toApiError(thrown, request);
    if (thrown !== error && this.lines.isWorthOne(error))
      request.log.error({ reqId: request.id, err: thrown }, error.message);
    void reply.status(statusOf(error)).headers(headersOf(error, request)).send(ErrorResponseDto.from(error));
  }
}

function toApiError(thrown: unknown, request: FastifyRequest): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof HttpException) return fromFramework(thrown, request);
  return toRefusal(thrown, request.method !== 'GET', request.id);
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
