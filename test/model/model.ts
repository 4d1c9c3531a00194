import type { Answer, Client } from '../support/client.js';
import { noMessage, noThread, refusal } from '../support/build.js';
import { pairsOf } from '../support/given-back.js';

type Body = Answer['body'];

export type Tenant = 'a' | 'b';
export type Clients = Readonly<Record<Tenant, Client>>;

export interface KnownMessage {
  body: Body;
  isGone: boolean;
}

export interface KnownThread {
  readonly owner: Tenant;
  readonly messages: KnownMessage[];
  body: Body;
  isGone: boolean;
}

export interface Outcome {
  readonly status: number;
  readonly body: Body;
}

export const isShown = (body: Body): Outcome => ({ status: 200, body });
export const isMissing = (body: Body): Outcome => ({ status: 404, body });

const tooMany = (pairs: number): Outcome => ({
  status: 400,
  body: refusal(
    `Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with ${pairs} properties instead.`,
    'metadata',
    'object_above_max_properties',
  ),
});

/** All threads and messages that two tenants ever had, oldest first. */
export class Model {
  readonly threads: KnownThread[] = [];

  /** One of the threads, whoever has it and whether or not it is still there. */
  thread(index: number): KnownThread {
    const unknown = { owner: 'a' as const, messages: [], body: { id: 'thread_unknown' }, isGone: true };
    return this.threads[index % this.threads.length] ?? unknown;
  }

  /** One of the messages of a thread, or of none. */
  message({ messages }: KnownThread, index: number): KnownMessage {
    return messages[index % messages.length] ?? { body: { id: 'msg_unknown' }, isGone: true };
  }

  /** Why a caller does not see a thread; undefined when it does. */
  threadRefusal(caller: Tenant, { owner, body, isGone }: KnownThread): Outcome | undefined {
    return caller === owner && !isGone ? undefined : isMissing(noThread(body.id));
  }

  messageRefusal(caller: Tenant, thread: KnownThread, { body, isGone }: KnownMessage): Outcome | undefined {
    return this.threadRefusal(caller, thread) ?? (isGone ? isMissing(noMessage(body.id)) : undefined);
  }

  /** Changes what is known, unless that leaves too many pairs of metadata. */
  change(known: KnownThread | KnownMessage, sent: Body, changed: (before: Body, sent: Body) => Body): Outcome {
    const sentPairs = Object.values(sent.metadata ?? {}).filter((value) => value !== null).length;
    if (sentPairs > 16) return tooMany(sentPairs);
    const after = changed(known.body, sent);
    if (pairsOf(after) > 16) return tooMany(pairsOf(after));
    known.body = after;
    return isShown(after);
  }
}
