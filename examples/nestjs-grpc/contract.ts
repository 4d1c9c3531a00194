// What this service uses of threadstore.v1. `proto-loader-gen-types` makes all of it from the .proto.
import type { CallOptions, Metadata } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';

export type Method<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  options: CallOptions,
) => Observable<Answer>;

export interface NewMessage {
  readonly role: 'ROLE_USER' | 'ROLE_ASSISTANT';
  readonly content: readonly { readonly text: { readonly value: string } }[];
}

export interface Thread {
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A later version may have other roles and other parts. */
export interface Message {
  readonly id: string;
  readonly role: string;
  readonly content: readonly { readonly text?: { readonly value: string } }[];
}

export interface Threads {
  readonly createThread: Method<Pick<Thread, 'metadata'> & { readonly messages: readonly NewMessage[] }, Thread>;
}

export interface Messages {
  readonly createMessage: Method<{ readonly thread_id: string; readonly message: NewMessage }, Message>;
  readonly listMessages: Method<
    { readonly thread_id: string; readonly order: 'ORDER_ASC'; readonly limit: number },
    { readonly messages: readonly Message[]; readonly has_more: boolean }
  >;
}
