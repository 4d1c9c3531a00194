import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { HttpException, Inject, Injectable } from '@nestjs/common';
import { type ClientGrpc, type GrpcOptions, Transport } from '@nestjs/microservices';
import { catchError, firstValueFrom, retry, throwError, timer } from 'rxjs';
import type { Messages, Method, NewMessage, Threads } from './contract.js';

export const THREADSTORE = Symbol('threadstore');

/** `dist/` is one directory further from the .proto than this file. */
const PROTO = fileURLToPath(new URL('../../../proto/threadstore/v1/threadstore.proto', import.meta.url));

export const options: GrpcOptions = {
  transport: Transport.GRPC,
  options: {
    package: 'threadstore.v1',
    protoPath: PROTO,
    url: process.env.THREADSTORE_GRPC ?? '127.0.0.1:50051',
    loader: { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true },
    // A page of long messages is larger than the 4 MiB that a client takes by default.
    maxReceiveMessageLength: 16 * 1024 * 1024,
  },
};

/** For a call and its retries: whoever asks this service waits no longer. */
const DEADLINE_MS = 2_000;
const RETRIES = 2;
const RETRY_DELAY_MS = 100;

const HTTP_STATUS: Partial<Record<status, number>> = {
  [status.INVALID_ARGUMENT]: 400,
  [status.NOT_FOUND]: 404,
  [status.ABORTED]: 409,
  [status.FAILED_PRECONDITION]: 422,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.UNAVAILABLE]: 503,
  [status.DEADLINE_EXCEEDED]: 504,
};

/** The calls that this service makes, each with its key and a deadline. */
@Injectable()
export class Threadstore {
  private readonly threads: Threads;
  private readonly messages: Messages;

  constructor(@Inject(THREADSTORE) client: ClientGrpc) {
    this.threads = client.getService('Threads');
    this.messages = client.getService('Messages');
  }

  createThread(message: NewMessage, metadata: Record<string, string>, idempotencyKey: string = randomUUID()) {
    return call(this.threads.createThread, { messages: [message], metadata }, idempotencyKey);
  }

  createMessage(threadId: string, message: NewMessage, idempotencyKey: string = randomUUID()) {
    return call(this.messages.createMessage, { thread_id: threadId, message }, idempotencyKey);
  }

  /** The first hundred. `has_more` of the answer says whether there is another page. */
  listMessages(threadId: string) {
    return call(this.messages.listMessages, { thread_id: threadId, order: 'ORDER_ASC', limit: 100 });
  }
}

/** With an idempotency key a write that is sent again is done once. Reads need none. */
function call<Request, Answer>(
  method: Method<Request, Answer>,
  request: Request,
  idempotencyKey?: string,
): Promise<Answer> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${process.env.OPENAI_API_KEY}`);
  if (idempotencyKey) metadata.set('idempotency-key', idempotencyKey);
  return firstValueFrom(
    method(request, metadata, { deadline: Date.now() + DEADLINE_MS }).pipe(
      retry({
        count: RETRIES,
        delay: (error: ServiceError) => (isAway(error) ? timer(RETRY_DELAY_MS) : throwError(() => error)),
      }),
      catchError((error: ServiceError) => throwError(() => asHttp(error))),
    ),
  );
}

const isAway = ({ code }: ServiceError): boolean => code === status.UNAVAILABLE;

/** What is wrong with the request the caller is told. All else, such as a wrong key, is no fault of his. */
const asHttp = ({ code, details }: ServiceError): HttpException =>
  code in HTTP_STATUS ? new HttpException(details, HTTP_STATUS[code]!) : new HttpException('Threadstore failed.', 502);
