import { ApiError } from '../errors/api-error.js';
import type { Reply } from '../idempotency/idempotency.repository.js';

const OK = 200;
const NOT_FOUND = 404;

/** The answer of a reply as it is kept; throws the refusal when it is one. */
export function readReply({ status, body }: Reply): object {
  const content = JSON.parse(body);
  if (status === OK) return content;
  const { message, param, code } = content.error;
  throw new ApiError(status === NOT_FOUND ? 'not_found' : 'invalid_request', message, {
    param: param ?? undefined,
    code: code ?? undefined,
  });
}
