import { ApiError } from './api-error.js';

/** Text of the caller that is echoed is cut here, so that a refusal never grows with the request. */
const ECHO_LIMIT = 256;

/** Cut or not, what is echoed is well-formed: a client may print it. */
export const shown = (text: string): string =>
  text.length > ECHO_LIMIT ? `${text.slice(0, ECHO_LIMIT).toWellFormed()}…` : text.toWellFormed();

export const invalid = (message: string, code?: string, param?: string): ApiError =>
  new ApiError('invalid_request', message, { code, param: param && shown(param) });

export const notFound = (what: string, id: string) =>
  new ApiError('not_found', `No ${what} found with id '${shown(id)}'.`);
