import type { ApiError } from '../errors/api-error.js';
import { invalidHeader, keyInUse, keyReused, preconditionFailed } from '../errors/catalogue.js';

/** A header that an operation understands, and what it may refuse because of it. */
export interface RequestHeader {
  readonly name: string;
  readonly description: string;
  readonly refusals: readonly ApiError[];
  /** Whether the answer may be that the caller has it already. */
  readonly mayAnswerNotModified?: boolean;
}

export const IDEMPOTENCY_KEY: RequestHeader = {
  name: 'Idempotency-Key',
  description:
    'A name for this request, 1 to 255 visible ASCII characters. Sent again with it, the request is not carried out ' +
    'again: the first reply is repeated, with `Idempotent-Replayed: true`.',
  refusals: [
    invalidHeader('Idempotency-Key', '1 to 255 visible ASCII characters, with or without quotes'),
    keyInUse(),
    keyReused(),
  ],
};

export const IF_MATCH: RequestHeader = {
  name: 'If-Match',
  description: 'Does it only if the `ETag` is one of these; `*` for any.',
  refusals: [invalidHeader('If-Match', "'*' or entity tags in quotes"), preconditionFailed()],
};

export const IF_NONE_MATCH: RequestHeader = {
  name: 'If-None-Match',
  description: 'Answers 304, without a body, if the `ETag` is one of these.',
  refusals: [],
  mayAnswerNotModified: true,
};

export const LAST_EVENT_ID: RequestHeader = {
  name: 'Last-Event-ID',
  description: 'The id of the last event that was received: begin with what comes after it.',
  refusals: [],
};
