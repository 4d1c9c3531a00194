import { Metadata, type StatusObject } from '@grpc/grpc-js';
import type { ApiError } from '../errors/api-error.js';
import { statusOf as httpStatusOf, typeOf } from '../errors/error-response.dto.js';
import { serialize } from './definition.js';
import { codeOf } from './status-code.js';

const DOMAIN = 'threadstore';
const TYPE_URL = 'type.googleapis.com/google.rpc.';

/** Says that the same call may be made again in a second. */
const SOON_S = 1;

/** A refusal as gRPC has it: a status, and in `grpc-status-details-bin` what the HTTP door says in its envelope. */
export function richStatusOf(error: ApiError, hasKey: boolean): StatusObject {
  const code = codeOf(error);
  const metadata = new Metadata();
  const details = detailsOf(error, retryAfterOf(error, hasKey));
  metadata.set('grpc-status-details-bin', serialize('google.rpc.Status', { code, message: error.message, details }));
  return { code, details: error.message, metadata };
}

function detailsOf(error: ApiError, retryAfterSeconds: number | undefined): object[] {
  const { code, param, kind, message } = error;
  const reason = code ?? kind;
  return [
    {
      '@type': `${TYPE_URL}ErrorInfo`,
      reason,
      domain: DOMAIN,
      metadata: {
        type: typeOf(error),
        http_status: String(httpStatusOf(error)),
        ...(code !== null && { code }),
        ...(param !== null && { param }),
      },
    },
    ...(param === null
      ? []
      : [
          {
            '@type': `${TYPE_URL}BadRequest`,
            field_violations: [{ field: param, description: message, reason }],
          },
        ]),
    ...(retryAfterSeconds === undefined
      ? []
      : [{ '@type': `${TYPE_URL}RetryInfo`, retry_delay: { seconds: retryAfterSeconds } }]),
  ];
}

function retryAfterOf({ kind, retryAfterSeconds }: ApiError, hasKey: boolean): number | undefined {
  switch (kind) {
    case 'unavailable':
    case 'key_in_use':
      return SOON_S;
    case 'outcome_unknown':
      // To repeat it is safe with a key only.
      return hasKey ? SOON_S : undefined;
    default:
      return retryAfterSeconds;
  }
}
