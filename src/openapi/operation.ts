import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { ApiError } from '../errors/api-error.js';
import {
  bodyTooLarge,
  incorrectKey,
  malformedJson,
  missingKey,
  serverError,
  unavailable,
  unknownParameter,
  unsupportedMediaType,
} from '../errors/catalogue.js';
import { ErrorResponseDto, statusOf } from '../errors/error-response.dto.js';
import { JSON_TYPE, MERGE_PATCH_TYPE } from '../http/body.js';

const OF_EVERY_OPERATION = [
  missingKey(),
  incorrectKey('sk-ts-ab**********wxyz'),
  unavailable('The database cannot be reached.'),
  serverError('req_abc123'),
];

/** What every operation with a body refuses. */
export const ofBody = (maxBytes: number): ApiError[] => [
  malformedJson(),
  unknownParameter('colour'),
  bodyTooLarge(maxBytes),
  unsupportedMediaType(JSON_TYPE),
];

export const ofPatch = (maxBytes: number): ApiError[] => [
  ...ofBody(maxBytes).slice(0, -1),
  unsupportedMediaType(`${MERGE_PATCH_TYPE} or ${JSON_TYPE}`),
];

interface OperationOptions {
  /** OpenAI's operationId where there is one. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly answer: Type;
  readonly refusals: readonly ApiError[];
}

/** An operation: it answers 200, POST included, and documents its answer and all its refusals. */
export function Operation({ id, summary, description, answer, refusals }: OperationOptions): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    ApiOperation({ operationId: id, summary, description }),
    ApiOkResponse({ type: answer, description: 'OK' }),
    ApiExtraModels(ErrorResponseDto),
    ...refusalResponses([...refusals, ...OF_EVERY_OPERATION]),
  );
}

function refusalResponses(refusals: readonly ApiError[]): MethodDecorator[] {
  return [...new Set(refusals.map(statusOf))].map((status) => {
    const errors = refusals.filter((error) => statusOf(error) === status);
    return ApiResponse({
      status,
      description: errors.map(({ message }) => message).join('\n\n'),
      content: {
        'application/json': {
          schema: { $ref: getSchemaPath(ErrorResponseDto) },
          examples: Object.fromEntries(
            errors.map((error) => [error.code ?? error.kind, { value: ErrorResponseDto.from(error) }]),
          ),
        },
      },
    });
  });
}
