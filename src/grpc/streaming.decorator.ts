import { once } from 'node:events';
import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { finalize, from, type Observable } from 'rxjs';
import type { Tenant } from '../auth/tenant.js';
import { begin, type Rpc, serveBy } from './grpc-method.js';

type Call = ServerWritableStream<object, object>;

interface Options<Message, Request> extends Rpc {
  /** Makes the request of the service of the message, by the rules of its DTO class. */
  readonly read: (message: Message) => Request;
}

/**
 * A method of the .proto with one message and a stream of answers. The method of the controller is given its tenant, a
 * request that was checked, and a signal for the end of the call; it throws what is wrong before it gives answers.
 */
export const Streaming =
  <Message extends object, Request>({ read, ...rpc }: Options<Message, Request>) =>
  (
    controller: object,
    name: string,
    descriptor: TypedPropertyDescriptor<
      (tenant: Tenant, request: Request, signal: AbortSignal) => Promise<AsyncIterable<object>>
    >,
  ): void => {
    const handler = descriptor.value!;
    const serve = async function (
      this: object,
      message: Message,
      metadata: Metadata,
      call: Call,
    ): Promise<Observable<object>> {
      const { tenant } = begin(message, metadata, call);
      const gone = new AbortController();
      const answers = await handler.call(this, tenant, read(message), gone.signal);
      // The caller is told that it is listened to, though there may be nothing to send for long.
      call.sendMetadata(new Metadata());
      return from(paced(answers, call, gone.signal)).pipe(finalize(() => gone.abort()));
    };
    serveBy(serve, rpc, controller, name, descriptor);
  };

/** Nothing is asked for before the caller has taken what was sent: else all of it would wait in memory. */
async function* paced(answers: AsyncIterable<object>, call: Call, signal: AbortSignal): AsyncGenerator<object> {
  for await (const answer of answers) {
    yield answer;
    if (call.writableNeedDrain) await once(call, 'drain', { signal });
  }
}
