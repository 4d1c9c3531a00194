import { status } from '@grpc/grpc-js';
import type { ApiError, ErrorKind } from '../errors/api-error.js';

/**
 * What gRPC calls each kind of refusal. `ABORTED` is its word for a test-and-set that failed. An unknown outcome is not
 * `UNAVAILABLE`, since clients repeat that by themselves. The kinds that only HTTP has come last.
 */
const CODES: Readonly<Record<ErrorKind, status>> = {
  invalid_request: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  gone: status.OUT_OF_RANGE,
  request_timeout: status.DEADLINE_EXCEEDED,
  key_in_use: status.ABORTED,
  precondition_failed: status.ABORTED,
  too_large: status.RESOURCE_EXHAUSTED,
  key_reused: status.FAILED_PRECONDITION,
  rate_limited: status.RESOURCE_EXHAUSTED,
  internal: status.INTERNAL,
  unavailable: status.UNAVAILABLE,
  outcome_unknown: status.UNKNOWN,
  method_not_allowed: status.UNIMPLEMENTED,
  uri_too_long: status.INVALID_ARGUMENT,
  unsupported_media_type: status.INVALID_ARGUMENT,
  expectation_failed: status.INVALID_ARGUMENT,
  headers_too_large: status.RESOURCE_EXHAUSTED,
};

export const codeOf = (error: ApiError): status => CODES[error.kind];
