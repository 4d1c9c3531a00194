import { Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Tenant } from '../auth/tenant.js';
import { JSON_TYPE } from '../http/body.js';
import { entityTagOf } from '../versions/entity-tag.js';
import { type Answered, IdempotencyService } from './idempotency.service.js';
import { keyedRequestOf } from './keyed-request.js';

const SERVICE = Symbol('idempotency');

interface Host {
  readonly [SERVICE]: IdempotencyService;
}

/** The rest is whatever the operation takes: it is handed on. */
type Handler<Answer> = (this: Host, tenant: Tenant, ...rest: never[]) => Promise<Answer>;

/**
 * Makes an operation of a tenant safe to repeat: a request with an `Idempotency-Key` is carried out once, and answered
 * the same each time. The first argument of the handler is its tenant. It is the decorator next to the method, whose
 * place it takes, and not an interceptor: a request without a key pays for a look at its headers.
 */
export const Idempotent =
  () =>
  (controller: object, name: string, descriptor: PropertyDescriptor): void => {
    const handler: Handler<object> = descriptor.value;
    const { length } = handler;
    Inject(IdempotencyService)(controller, SERVICE);
    Req()(controller, name, length);
    Res({ passthrough: true })(controller, name, length + 1);
    const keyed: Handler<object | string> = function (tenant, ...rest) {
      const request: FastifyRequest = rest[length - 1]!;
      const response: FastifyReply = rest[length]!;
      const header = request.headers['idempotency-key'];
      if (header === undefined) return handler.call(this, tenant, ...rest);
      const answered = this[SERVICE].answer(keyedRequestOf(request, header), (transaction) =>
        handler.call(this, { ...tenant, transaction }, ...rest),
      );
      return send(response, answered);
    };
    // The document finds the arguments of a method by its name.
    descriptor.value = Object.defineProperty(keyed, 'name', { value: name });
  };

async function send(response: FastifyReply, answered: Promise<Answered>): Promise<string> {
  const { reply, isReplayed } = await answered;
  response.status(reply.status).type(`${JSON_TYPE}; charset=utf-8`);
  if (reply.version !== null) response.header('etag', entityTagOf(reply.version));
  if (isReplayed) response.header('idempotent-replayed', 'true');
  return reply.body;
}
