import type { Metadata, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { tenantOf } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import { requestTimeout } from '../errors/catalogue.js';
import { requireDecoded } from './bounded.js';
import { GrpcErrorFilter } from './grpc-error.filter.js';
import { type GrpcRequest, requestOf } from './grpc-request.js';

/** A method of the .proto. */
export interface Rpc {
  readonly service: 'Threads' | 'Messages';
  readonly method: string;
}

type Call = ServerUnaryCall<object, object> | ServerWritableStream<object, object>;

interface Begun {
  readonly incoming: GrpcRequest;
  readonly tenant: Tenant;
}

/** Who calls. What has no caller any more is not begun, and what was too large to be decoded is refused. */
export function begin(message: object, metadata: Metadata, call: Call): Begun {
  if (call.cancelled || Number(call.getDeadline()) <= Date.now()) throw requestTimeout();
  requireDecoded(message);
  const incoming = requestOf(metadata);
  return { incoming, tenant: tenantOf(incoming) };
}

/** Puts a function in the place of a controller's method, and serves a method of the .proto by it. */
export function serveBy(
  serve: (...args: never[]) => unknown,
  { service, method }: Rpc,
  controller: object,
  name: string,
  descriptor: PropertyDescriptor,
): void {
  Object.assign(descriptor, { value: Object.defineProperty(serve, 'name', { value: name }) });
  UseFilters(GrpcErrorFilter)(controller, name, descriptor);
  GrpcMethod(service, method)(controller, name, descriptor);
}
