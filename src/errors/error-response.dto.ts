import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ApiError, ErrorKind } from './api-error.js';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  key_in_use: 409,
  gone: 410,
  precondition_failed: 412,
  too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  expectation_failed: 417,
  key_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
  outcome_unknown: 503,
};

export const statusOf = (error: ApiError): number => STATUS[error.kind];

@ApiSchema({ name: 'Error' })
export class ErrorDto {
  @ApiProperty({ description: 'What is wrong, for a person.' })
  message!: string;

  @ApiProperty({
    description: '`invalid_request_error`; `requests` for too many; `server_error` when the fault is not the request.',
  })
  type!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'The path of the field at fault.' })
  param!: string | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'What is wrong, for a program.' })
  code!: string | null;
}

@ApiSchema({ name: 'ErrorResponse', description: 'Every refusal, in the form of OpenAI.' })
export class ErrorResponseDto {
  @ApiProperty()
  error!: ErrorDto;

  static from(error: ApiError): ErrorResponseDto {
    const { message, param, code } = error;
    return { error: { message, type: typeOf(error), param, code } };
  }
}

export function typeOf(error: ApiError): string {
  if (error.kind === 'rate_limited') return 'requests';
  return statusOf(error) < 500 ? 'invalid_request_error' : 'server_error';
}
