import { Metadata, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { FastifyBaseLogger } from 'fastify';
import type { IncomingRequest } from '../auth/key.guard.js';
import { newRequestId } from '../http/response-headers.js';

/** By the metadata that the handler of a call is given. */
const requests = new WeakMap<Metadata, GrpcRequest>();

/** A call, with what a request by HTTP has too. */
export class GrpcRequest implements IncomingRequest {
  readonly id = newRequestId();
  readonly startedAt = performance.now();
  readonly ip: string;
  readonly headers: IncomingRequest['headers'];
  readonly server: { readonly log: FastifyBaseLogger };
  /** What the answer carries beside its message, or the refusal. */
  readonly answer = new Metadata();

  constructor(
    call: ServerInterceptingCallInterface,
    private readonly metadata: Metadata,
    readonly log: FastifyBaseLogger,
  ) {
    this.ip = call.getConnectionInfo().remoteAddress ?? 'unknown';
    this.headers = { authorization: this.said('authorization'), 'openai-project': this.said('openai-project') };
    this.server = { log };
    this.tell({ 'x-request-id': this.id });
    requests.set(metadata, this);
  }

  get idempotencyKey(): string | undefined {
    return this.said('idempotency-key');
  }

  tell(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) this.answer.set(name, value);
  }

  /** The first value that the caller gave. */
  private said(name: string): string | undefined {
    return this.metadata.get(name)[0]?.toString();
  }
}

/** Every call has come through `Admission`, which makes them. */
export function requestOf(metadata: Metadata): GrpcRequest {
  const request = requests.get(metadata);
  if (!request) throw new Error('This method was reached without admission.');
  return request;
}
