/** What went wrong, without a transport: a filter per transport turns the kind into a status. */
export type ErrorKind =
  | 'invalid_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'key_in_use'
  | 'gone'
  | 'precondition_failed'
  | 'too_large'
  | 'uri_too_long'
  | 'expectation_failed'
  | 'headers_too_large'
  | 'unsupported_media_type'
  | 'key_reused'
  | 'rate_limited'
  | 'unavailable'
  | 'outcome_unknown'
  | 'internal';

/** A refusal that the caller can read and act on. `param` is the path of the field at fault, as sent. */
export class ApiError extends Error {
  readonly param: string | null;
  readonly code: string | null;
  /** After how many seconds the same request may be answered otherwise. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly kind: ErrorKind,
    message: string,
    details: { readonly param?: string; readonly code?: string; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
