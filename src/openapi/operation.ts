import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import type { ApiError } from '../errors/api-error.js';
import {
  bodyTooLarge,
  incorrectKey,
  insufficientPermissions,
  malformedJson,
  malformedUrl,
  missingKey,
  rateLimited,
  outcomeUnknown,
  serverError,
  tooManyValues,
  tooManyIncorrectKeys,
  unavailable,
  unknownParameter,
  unsupportedMediaType,
} from '../errors/catalogue.js';
import { ErrorResponseDto, statusOf } from '../errors/error-response.dto.js';
import { bodyLimitOf } from '../http/body-limit.js';
import { JSON_TYPE } from '../http/body.js';
import { MAX_VALUES } from '../http/json-reader.js';
import { IDEMPOTENCY_KEY, type RequestHeader } from './request-headers.js';

const OF_EVERY_OPERATION = [
  malformedUrl(),
  missingKey(),
  incorrectKey('sk-ts-ab**********wxyz'),
  insufficientPermissions(),
  insufficientPermissions(),
  rateLimited('key_abc123 in project proj_abc123', 20, 3),
  tooManyIncorrectKeys(60, 42),
  unavailable('The database does not answer.'),
  serverError('req_abc123'),
];

/** What every operation with a body refuses. */
const ofBody = (body: Type, mediaTypes: readonly string[]): ApiError[] => [
  malformedJson(),
  tooManyValues(MAX_VALUES),
  unknownParameter('colour'),
  bodyTooLarge(bodyLimitOf(body)),
  unsupportedMediaType(mediaTypes.join(' or ')),
  outcomeUnknown(),
];

/** Bodies that work as they stand, by what they show. Swagger UI offers them, and fills in the first. */
export type RequestExamples<Request> = Readonly<Record<string, Request>>;

interface RequestClass extends Type {
  readonly examples: RequestExamples<unknown>;
}

interface OperationOptions {
  /** OpenAI's operationId where there is one. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly body?: RequestClass;
  /** Whether the body can be left out. */
  readonly bodyIsOptional?: boolean;
  /** What the body can be sent as. */
  readonly mediaTypes?: readonly string[];
  readonly answer?: Type;
  /** What is sent instead of one answer: an example of it. */
  readonly stream?: string;
  /** An answer, where the examples of its fields do not make a likely one together. */
  readonly example?: object;
  /** What it understands, beside what every operation does. */
  readonly headers?: readonly RequestHeader[];
  /** Whether the answer has an `ETag`. */
  readonly hasEntityTag?: boolean;
  readonly refusals: readonly ApiError[];
}

const ENTITY_TAG = {
  ETag: { description: 'Its version, for `If-Match`.', schema: { type: 'string', example: '"1"' } },
};

const REPLAYED = {
  'Idempotent-Replayed': {
    description: '`true` when the request was carried out before.',
    schema: { type: 'string', enum: ['true'] },
  },
};

/** An operation: it answers 200, POST included, and documents its body, its answer and all its refusals. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { id, summary, description, body, bodyIsOptional = false, mediaTypes = [JSON_TYPE] } = options;
  const { answer, stream, example, refusals, headers = [], hasEntityTag = false } = options;
  const answerHeaders = { ...(hasEntityTag && ENTITY_TAG), ...(headers.includes(IDEMPOTENCY_KEY) && REPLAYED) };
  return applyDecorators(
    HttpCode(200),
    ApiOperation({ operationId: id, summary, description }),
    ...(body
      ? [
          ApiConsumes(...mediaTypes),
          ApiBody({ type: body, required: !bodyIsOptional, examples: valuesOf(body.examples) }),
        ]
      : []),
    ...headers.map(({ name, description: meaning }) => ApiHeader({ name, description: meaning, required: false })),
    stream === undefined
      ? ApiOkResponse({ type: answer, description: 'OK', headers: answerHeaders, ...(example && { example }) })
      : ApiOkResponse({
          description: 'OK',
          content: { 'text/event-stream': { schema: { type: 'string' }, example: stream } },
        }),
    ...(headers.some((header) => header.mayAnswerNotModified)
      ? [ApiResponse({ status: 304, description: 'The caller has it already.' })]
      : []),
    ApiExtraModels(ErrorResponseDto),
    ...refusalResponses([
      ...(body ? ofBody(body, mediaTypes) : []),
      ...refusals,
      ...headers.flatMap((header) => header.refusals),
      ...OF_EVERY_OPERATION,
    ]),
  );
}

const valuesOf = (examples: RequestExamples<unknown>): Record<string, { value: unknown }> =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));

function refusalResponses(refusals: readonly ApiError[]): MethodDecorator[] {
  return [...new Set(refusals.map(statusOf))].map((status) => {
    const errors = refusals.filter((error) => statusOf(error) === status);
    return ApiResponse({
      status,
      description: errors.map(({ message }) => message).join('\n\n'),
      content: {
        'application/json': {
          schema: { $ref: getSchemaPath(ErrorResponseDto) },
          examples: examplesOf(errors),
        },
      },
    });
  });
}

/** The refusals by their codes; those of one code are numbered. */
function examplesOf(errors: readonly ApiError[]): Record<string, { value: ErrorResponseDto }> {
  const codes = errors.map(({ code, kind }) => code ?? kind);
  const names = codes.map((code, index) => {
    const number = codes.slice(0, index + 1).filter((each) => each === code).length;
    return number === 1 ? code : `${code}_${number}`;
  });
  return Object.fromEntries(errors.map((error, index) => [names[index], { value: ErrorResponseDto.from(error) }]));
}
