import { deepStrictEqual } from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Arbitrary, AsyncCommand } from 'fast-check';
import { noMessage, noThread } from '../support/build.js';
import type { Answer } from '../support/client.js';
import { messageOf, modified, patched, threadOf } from '../support/given-back.js';
import { expectedPage } from '../support/page.js';
import { type Clients, isMissing, isShown, type KnownThread, type Model, type Outcome, type Tenant } from './model.js';
import { change, message, type Paging, paging, patch, thread } from './inputs.js';

type Body = Answer['body'];

/** What a command does to the server, and what that has to answer. It changes the model as it changes the server. */
type Step<Input> = (model: Model, clients: Clients, input: Input) => Promise<readonly [Answer, Outcome]>;

/** A step with its input: fast-check leaves out steps until the fewest are left that fail. */
const command = <Input>(
  name: string,
  inputs: Arbitrary<Input>,
  step: Step<Input>,
): Arbitrary<AsyncCommand<Model, Clients>> =>
  inputs.map((input) => ({
    check: () => true,
    run: async (model, clients) => {
      const [{ status, body }, expected] = await step(model, clients, input);
      deepStrictEqual({ status, body }, expected);
    },
    toString: () => `${name} ${JSON.stringify(input)}`,
  }));

const tenant = fc.constantFrom<Tenant>('a', 'a', 'a', 'b');

/** Who asks, and for what: threads and messages are named by the order in which they were made. */
const target = { caller: tenant, at: fc.nat(30), of: fc.nat(30) };
const inputOf = <Fields extends object>(fields: { [Name in keyof Fields]: Arbitrary<Fields[Name]> }) =>
  fc.record(fields);

const pathOf = ({ body }: KnownThread): string => `/v1/threads/${body.id}`;

const createThread = command(
  'create thread',
  inputOf({ caller: tenant, sent: thread }),
  async (model, clients, { caller, sent }) => {
    const answer = await clients[caller].post('/v1/threads', sent);
    const { id, created_at } = answer.body;
    const body = threadOf(sent, { id, created_at });
    const listed: Body[] = (await clients[caller].get(`/v1/threads/${id}/messages?order=asc&limit=100`)).body.data;
    const messages = (sent.messages ?? []).map((each: Body, i: number) => messageOf(each, id, listed[i] ?? {}));
    deepStrictEqual(listed, messages);
    model.threads.push({
      owner: caller,
      body,
      isGone: false,
      messages: messages.map((each: Body) => ({ body: each, isGone: false })),
    });
    return [answer, isShown(body)];
  },
);

const append = command(
  'append',
  inputOf({ ...target, sent: message }),
  async (model, clients, { caller, at, sent }) => {
    const known = model.thread(at);
    const answer = await clients[caller].post(`${pathOf(known)}/messages`, sent);
    const refused = model.threadRefusal(caller, known);
    if (refused) return [answer, refused];
    const body = messageOf(sent, known.body.id, answer.body);
    known.messages.push({ body, isGone: false });
    return [answer, isShown(body)];
  },
);

const getThread = command('get thread', inputOf(target), async (model, clients, { caller, at }) => {
  const known = model.thread(at);
  return [await clients[caller].get(pathOf(known)), model.threadRefusal(caller, known) ?? isShown(known.body)];
});

const getMessage = command('get message', inputOf(target), async (model, clients, { caller, at, of }) => {
  const known = model.thread(of);
  const one = model.message(known, at);
  const answer = await clients[caller].get(`${pathOf(known)}/messages/${one.body.id}`);
  return [answer, model.messageRefusal(caller, known, one) ?? isShown(one.body)];
});

const changeThread = (
  name: string,
  method: 'post' | 'patch',
  sent: Arbitrary<Body>,
  changed: (before: Body, sent: Body) => Body,
) =>
  command(name, inputOf({ ...target, sent }), async (model, clients, { caller, at, sent: body }) => {
    const known = model.thread(at);
    const answer = await clients[caller][method](pathOf(known), body);
    return [
      answer,
      tooManySent(model, body) ?? model.threadRefusal(caller, known) ?? model.change(known, body, changed),
    ];
  });

const changeMessage = (
  name: string,
  method: 'post' | 'patch',
  sent: Arbitrary<Body>,
  changed: (before: Body, sent: Body) => Body,
) =>
  command(name, inputOf({ ...target, sent }), async (model, clients, { caller, at, of, sent: { metadata } }) => {
    const known = model.thread(of);
    const one = model.message(known, at);
    const body = metadata === undefined ? {} : { metadata };
    const answer = await clients[caller][method](`${pathOf(known)}/messages/${one.body.id}`, body);
    return [
      answer,
      tooManySent(model, body) ?? model.messageRefusal(caller, known, one) ?? model.change(one, body, changed),
    ];
  });

/** The body is looked at before the ids. */
function tooManySent(model: Model, sent: Body): Outcome | undefined {
  const outcome = model.change({ body: { metadata: {} }, isGone: false }, sent, (before) => before);
  return outcome.status === 200 ? undefined : outcome;
}

const deleteThread = command('delete thread', inputOf(target), async (model, clients, { caller, at }) => {
  const known = model.thread(at);
  const answer = await clients[caller].delete(pathOf(known));
  const refused = model.threadRefusal(caller, known);
  if (refused) return [answer, refused];
  known.isGone = true;
  return [answer, isShown({ id: known.body.id, object: 'thread.deleted', deleted: true })];
});

const deleteMessage = command('delete message', inputOf(target), async (model, clients, { caller, at, of }) => {
  const known = model.thread(of);
  const one = model.message(known, at);
  const answer = await clients[caller].delete(`${pathOf(known)}/messages/${one.body.id}`);
  const refused = model.messageRefusal(caller, known, one);
  if (refused) return [answer, refused];
  one.isGone = true;
  return [answer, isShown({ id: one.body.id, object: 'thread.message.deleted', deleted: true })];
});

interface Listed {
  readonly body: Body;
  readonly isGone: boolean;
}

const idAt = (all: readonly Listed[], index: number | undefined): string | undefined =>
  index === undefined ? undefined : all[index % all.length]?.body.id;

/** The page of a list in memory, and the query that asks for it. */
function pageOf(all: readonly Listed[], { limit, order, after, before }: Paging): [query: string, page: Outcome] {
  const query = { limit, order, after: idAt(all, after), before: idAt(all, before) };
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const gone = new Set<string>(all.filter(({ isGone }) => isGone).map(({ body }) => body.id));
  const { ids, ...rest } = expectedPage(
    all.map(({ body }) => body.id),
    gone,
    query,
  );
  const data = ids.map((id) => all.find(({ body }) => body.id === id)?.body);
  return [
    new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString(),
    isShown({ object: 'list', data, ...rest }),
  ];
}

const listMessages = command(
  'list messages',
  inputOf({ ...target, query: paging }),
  async (model, clients, { caller, of, query }) => {
    const known = model.thread(of);
    const [parameters, page] = pageOf(known.messages, query);
    const answer = await clients[caller].get(`${pathOf(known)}/messages?${parameters}`);
    return [answer, model.threadRefusal(caller, known) ?? page];
  },
);

/** Ids begin with the millisecond of their thread, and threads of one millisecond are listed by their ids. */
const ofTenant = (model: Model, owner: Tenant): KnownThread[] =>
  model.threads.filter((each) => each.owner === owner).toSorted((one, other) => (one.body.id < other.body.id ? -1 : 1));

const listThreads = command(
  'list threads',
  inputOf({ caller: tenant, query: paging }),
  async (model, clients, { caller, query }) => {
    const [parameters, page] = pageOf(ofTenant(model, caller), query);
    return [await clients[caller].get(`/v1/threads?${parameters}`), page];
  },
);

/** A cursor from elsewhere: of a list that the caller has none in. */
const strayCursor = command('list from a stray cursor', inputOf(target), async (model, clients, { caller, at, of }) => {
  const other = model.thread(at);
  const known = model.thread(of);
  const id = other.body.id;
  if (caller === other.owner && id !== 'thread_unknown') {
    const answer = await clients[caller].get(`${pathOf(known)}/messages?after=${id}`);
    return [answer, model.threadRefusal(caller, known) ?? isMissing(noMessage(id))];
  }
  return [await clients[caller].get(`/v1/threads?after=${id}`), isMissing(noThread(id))];
});

/** All that a caller can do with threads and messages. */
export const commands = fc.commands(
  [
    createThread,
    append,
    append,
    getThread,
    getMessage,
    changeThread('modify thread', 'post', change, modified),
    changeThread('patch thread', 'patch', patch, patched),
    changeMessage('modify message', 'post', change, modified),
    changeMessage('patch message', 'patch', patch, patched),
    deleteThread,
    deleteMessage,
    deleteMessage,
    listMessages,
    listMessages,
    listThreads,
    strayCursor,
  ],
  { maxCommands: 60, size: 'max' },
);
