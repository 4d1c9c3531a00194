import { createHash } from 'node:crypto';
import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import type { Prisma } from '../generated/prisma/client.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { type KeyedRequest, parseKey, threadIdOf } from '../idempotency/keyed-request.js';
import { PACKAGE } from './definition.js';
import { begin, type Rpc, serveBy } from './grpc-method.js';
import type { GrpcRequest } from './grpc-request.js';
import { readReply } from './kept-reply.js';

const SERVICE = Symbol('idempotency');

interface Host {
  readonly [SERVICE]: IdempotencyService;
}

type Call = ServerUnaryCall<object, object>;

interface Options<Message, Request> extends Rpc {
  /** Makes the request of the service of the message, by the rules of its DTO class. */
  readonly read: (message: Message) => Request;
  /** Whether it obeys an `idempotency-key`. */
  readonly isKeyed?: boolean;
}

/**
 * A method of the .proto with one message and one answer. The method of the controller is given its tenant and a
 * request that was checked.
 */
export const Unary =
  <Message extends object, Request>({ service, method, read, isKeyed = false }: Options<Message, Request>) =>
  (
    controller: object,
    name: string,
    descriptor: TypedPropertyDescriptor<(tenant: Tenant, request: Request) => Promise<object>>,
  ): void => {
    const handler = descriptor.value!;
    if (isKeyed) Inject(IdempotencyService)(controller, SERVICE);
    const serve = async function (this: Host, message: Message, metadata: Metadata, call: Call): Promise<object> {
      const { incoming, tenant } = begin(message, metadata, call);
      const request = read(message);
      const { idempotencyKey } = incoming;
      if (!isKeyed || idempotencyKey === undefined) return handler.call(this, tenant, request);
      const keyed = {
        projectId: tenant.projectId,
        key: parseKey(idempotencyKey),
        threadId: threadIdOf(message),
        fingerprint: fingerprintOf(method, message),
      };
      return answerOnce(this[SERVICE], keyed, incoming, (transaction) =>
        handler.call(this, { ...tenant, transaction }, request),
      );
    };
    serveBy(serve, { service, method }, controller, name, descriptor);
  };

async function answerOnce(
  service: IdempotencyService,
  keyed: KeyedRequest,
  incoming: GrpcRequest,
  work: (transaction: Prisma.TransactionClient) => Promise<object>,
): Promise<object> {
  const { reply, isReplayed } = await service.answer(keyed, work);
  if (isReplayed) incoming.tell({ 'idempotent-replayed': 'true' });
  return readReply(reply);
}

/** The pairs of a map have no order in protobuf: the same message may arrive as other bytes. */
const fingerprintOf = (method: string, message: object): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    createHash('sha256')
      .update(`${PACKAGE}.${method}\n${JSON.stringify(message, (_, value: unknown) => sorted(value))}`)
      .digest(),
  );

const sorted = (value: unknown): unknown =>
  value instanceof Object && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value;
