// Every refusal of this server, by name. The texts and codes are part of the wire contract: those that OpenAI's
// servers were seen to send are kept word for word. docs/errors.md lists them all, and a test holds the two together.
import { ApiError } from './api-error.js';
import { invalid, notFound, shown } from './refusal.js';

export * from './webhook-catalogue.js';

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`);

/** The kind of a JSON value in the words of the API: `a string`, `null`, `an integer`… */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return article(typeof value);
}

export const unknownParameter = (path: string) =>
  invalid(`Unknown parameter: '${shown(path)}'.`, 'unknown_parameter', path);

export const missingParameter = (path: string) =>
  invalid(`Missing required parameter: '${path}'.`, 'missing_required_parameter', path);

/** `expected` with its article: `a string`, `one of an array of objects or string`. */
export const invalidType = (path: string, expected: string, value: unknown) =>
  invalid(
    `Invalid type for '${shown(path)}': expected ${expected}, but got ${kindOf(value)} instead.`,
    'invalid_type',
    path,
  );

export const bodyNotAnObject = (value: unknown) =>
  invalid(`Invalid type for the request body: expected an object, but got ${kindOf(value)} instead.`, 'invalid_type');

export const unsupportedValue = (path: string, value: string, supported: readonly string[]) => {
  const quoted = supported.map((each) => `'${each}'`);
  const last = quoted.pop();
  const list = quoted.length > 1 ? `${quoted.join(', ')}, and ${last}` : [...quoted, last].join(' and ');
  return invalid(`Invalid value: '${shown(value)}'. Supported values are: ${list}.`, 'invalid_value', path);
};

export const emptyContent = (path: string) => invalid('Message content must be non-empty.', undefined, path);

export const emptyString = (path: string) =>
  invalid(
    `Invalid '${path}': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
    'empty_string',
    path,
  );

/** Lengths are counted in Unicode code points. */
export const stringTooLong = (path: string, max: number, length: number) =>
  invalid(
    `Invalid '${path}': string too long. Expected a string with maximum length ${max}, ` +
      `but got a string with length ${length} instead.`,
    'string_above_max_length',
    path,
  );

/** U+0000 and unpaired surrogates: PostgreSQL stores neither, and both would come back changed. */
export const unstorableString = (path: string, what: string) =>
  invalid(`Invalid '${shown(path)}': the string contains ${what}, which cannot be stored.`, 'invalid_string', path);

export const invalidUrl = (path: string) =>
  invalid(`Invalid '${path}'. Expected a valid URL, but got a value with an invalid format.`, 'invalid_url', path);

export const emptyArray = (path: string) =>
  invalid(
    `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    'empty_array',
    path,
  );

export const arrayTooLong = (path: string, max: number, length: number) =>
  invalid(
    `Invalid '${path}': array too long. Expected an array with maximum length ${max}, ` +
      `but got an array with length ${length} instead.`,
    'array_above_max_length',
    path,
  );

export const integerTooSmall = (path: string, min: number, value: number | string) =>
  invalid(
    `Invalid '${path}': integer below minimum value. Expected a value >= ${min}, but got ${shown(`${value}`)} instead.`,
    'integer_below_min_value',
    path,
  );

export const integerTooLarge = (path: string, max: number, value: number | string) =>
  invalid(
    `Invalid '${path}': integer above maximum value. Expected a value <= ${max}, but got ${shown(`${value}`)} instead.`,
    'integer_above_max_value',
    path,
  );

export const tooManyProperties = (path: string, max: number, count: number) =>
  invalid(
    `Invalid '${path}': too many properties. Expected an object with at most ${max} properties, ` +
      `but got an object with ${count} properties instead.`,
    'object_above_max_properties',
    path,
  );

export const propertyNameTooLong = (path: string, name: string, max: number, length: number) =>
  invalid(
    `Invalid property name in '${path}': '${shown(name)}' is too long. Expected a string with maximum length ${max}, ` +
      `but got a string with length ${length} instead.`,
    'property_name_above_max_length',
    `${path}.${name}`,
  );

export const mutuallyExclusive = (path: string, first: string, second: string) =>
  invalid(
    `Mutually exclusive parameters: '${path}.${first}' and '${path}.${second}'. Provide one of the two.`,
    'mutually_exclusive_parameters',
    path,
  );

export const duplicateParameter = (name: string) =>
  invalid(
    `Duplicate parameter: '${shown(name)}'. You provided multiple values for this parameter, whereas only one is allowed.`,
    'duplicate_parameter',
    name,
  );

export const malformedId = (param: string, id: string, prefix: string) =>
  invalid(`Invalid '${param}': '${shown(id)}'. Expected an ID that begins with '${prefix}'.`, 'invalid_value', param);

export const malformedJson = () =>
  invalid(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
      'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble ' +
      'figuring out how to fix this, please contact us through our help center at help.openai.com.)',
  );

export const tooManyValues = (max: number) =>
  invalid(`Invalid request body: too many values. At most ${max} are accepted.`, 'too_many_values');

export const malformedRequest = () => invalid('The request could not be parsed as HTTP.', 'malformed_request');

export const malformedUrl = () => invalid('The URL of the request is not valid.', 'malformed_url');

export const invalidHeader = (name: string, expected: string) =>
  invalid(`Invalid header '${name}': expected ${expected}.`, 'invalid_header', name);

export const missingBetaHeader = () =>
  invalid(
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header " +
      "'OpenAI-Beta: assistants=v2'.",
    'invalid_beta',
  );

export const projectArchived = (id: string) =>
  invalid(`Project '${shown(id)}' is archived. Archived projects cannot be used or updated.`, 'project_archived');

export const defaultProjectFixed = () =>
  invalid('The default project cannot be updated or archived.', 'default_project');

export const missingKey = () =>
  new ApiError(
    'unauthenticated',
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
      "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the " +
      'API from your browser and are prompted for a username and password. You can obtain an API key from ' +
      'https://platform.openai.com/account/api-keys.',
  );

/** `masked` is the display form of the key: its middle is never echoed. */
export const incorrectKey = (masked: string) =>
  new ApiError(
    'unauthenticated',
    `Incorrect API key provided: ${masked}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    { code: 'invalid_api_key' },
  );

export const mismatchedProject = () =>
  new ApiError('unauthenticated', 'OpenAI-Project header should match project for API key', {
    code: 'mismatched_project',
  });

export const insufficientPermissions = () =>
  new ApiError('forbidden', 'You have insufficient permissions for this operation.', {
    code: 'insufficient_permissions',
  });

export const threadNotFound = (id: string) => notFound('thread', id);
export const messageNotFound = (id: string) => notFound('message', id);
export const vectorStoreNotFound = (id: string) => notFound('vector store', id);
export const projectNotFound = (id: string) => notFound('project', id);
export const serviceAccountNotFound = (id: string) => notFound('service account', id);
export const apiKeyNotFound = (id: string) => notFound('API key', id);

export const eventNotFound = (id: string) => notFound('event', id);

/** Nobody is to believe that a feed says nothing because nothing happened. */
export const eventFeedOff = () =>
  invalid(
    'The event feed of this project is off: its changes are not recorded. Switch it on by POST /v1/event_feed with ' +
      '{"enabled": true}.',
    'event_feed_off',
  );

/** What came after it was deleted, in part or all. */
export const eventsExpired = (param: string, id: string) =>
  new ApiError(
    'gone',
    `The events after '${shown(id)}' are not kept any more. List the events without 'after' for those that are, and ` +
      'read anew what you keep a copy of.',
    { code: 'events_expired', param },
  );

export const unknownUrl = (method: string, url: string) =>
  url.startsWith('/v1/')
    ? new ApiError('not_found', `Invalid URL (${method} ${shown(url)})`)
    : new ApiError(
        'not_found',
        `Unknown request URL: ${method} ${shown(url)}. Please check the URL for typos, or see the docs at ` +
          'https://platform.openai.com/docs/api-reference/.',
        { code: 'unknown_url' },
      );

export const methodNotAllowed = (method: string, url: string) =>
  new ApiError(
    'method_not_allowed',
    `Not allowed to ${method} on ${shown(url)}. (HINT: Perhaps you meant to use a different HTTP method?)`,
  );

/** Another request with the key is under way. */
export const keyInUse = () =>
  new ApiError(
    'key_in_use',
    "A request with the same 'Idempotency-Key' is still being carried out. Please try again shortly.",
    { code: 'idempotency_key_in_use', param: 'Idempotency-Key' },
  );

/** The key belongs to another request: to repeat this one as it is cannot help. */
export const keyReused = () =>
  new ApiError(
    'key_reused',
    "The 'Idempotency-Key' was already used for a request with another method, path or body. Use a new key for a new request.",
    { code: 'idempotency_key_reused', param: 'Idempotency-Key' },
  );

export const preconditionFailed = () =>
  new ApiError(
    'precondition_failed',
    "It has been changed since: its 'ETag' is not one that the 'If-Match' header names. Retrieve it again.",
    { code: 'precondition_failed', param: 'If-Match' },
  );

export const bodyTooLarge = (maxBytes: number) =>
  new ApiError('too_large', `The request body is too large: at most ${maxBytes} bytes are accepted here.`, {
    code: 'request_too_large',
  });

export const unsupportedMediaType = (accepted: string) =>
  new ApiError('unsupported_media_type', `Unsupported media type. The body must be sent as ${accepted}, in UTF-8.`, {
    code: 'unsupported_media_type',
  });

export const expectationFailed = () =>
  new ApiError('expectation_failed', "The 'Expect' header of the request cannot be met: only 100-continue can.", {
    code: 'expectation_failed',
  });

export const uriTooLong = () =>
  new ApiError('uri_too_long', 'The URL of the request is too long.', { code: 'uri_too_long' });

/** `whose` names what the limit is for. */
export const rateLimited = (whose: string, limit: number, retryAfterSeconds: number) =>
  new ApiError(
    'rate_limited',
    `Rate limit reached for ${whose} on requests per min. Limit: ${limit} / min. ` +
      `Please try again in ${retryAfterSeconds}s.`,
    { code: 'rate_limit_exceeded', retryAfterSeconds },
  );

export const tooManyIncorrectKeys = (limit: number, retryAfterSeconds: number) =>
  new ApiError(
    'rate_limited',
    `Too many incorrect API keys were sent from this address. Limit: ${limit} / min. ` +
      `Please try again in ${retryAfterSeconds}s.`,
    { code: 'too_many_incorrect_api_keys', retryAfterSeconds },
  );

export const headersTooLarge = () =>
  new ApiError('headers_too_large', 'The headers of the request are too large.', { code: 'headers_too_large' });

export const requestTimeout = () =>
  new ApiError('request_timeout', 'The request did not arrive in time.', { code: 'request_timeout' });

/** Nothing was stored: the caller may try again after `Retry-After`. */
export const unavailable = (reason: string) =>
  new ApiError('unavailable', `The server is temporarily unable to answer: ${reason} Please try again shortly.`, {
    code: 'service_unavailable',
  });

/** The one refusal after which something may have been stored. */
export const outcomeUnknown = () =>
  new ApiError(
    'outcome_unknown',
    'The connection to the database was lost before it answered. It is not known whether this request was carried out: ' +
      'look before you send it again.',
    { code: 'outcome_unknown' },
  );

export const serverError = (requestId: string) =>
  new ApiError(
    'internal',
    'The server had an error processing your request. Sorry about that! You can retry your request, or contact us ' +
      'through our help center at help.openai.com if you keep seeing this error. (Please include the request ID ' +
      `${requestId} in your email.)`,
  );
