import type { Ids } from './data.js';
import type { Load } from './load.js';

export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: readonly [string, string];
  readonly targets: (ids: Ids) => readonly string[];
  readonly body?: object;
  /** Whether it uses its targets up. */
  readonly deletes?: boolean;
}

const TEXT = 'Which of these figures does the image show, and what would change if the second one were left out?';
const message = (role: string) => ({ role, content: TEXT, metadata: { source: 'web' } });
const ANY = [''] as const;

export const OPERATIONS: readonly Operation[] = [
  { name: 'get thread', method: 'GET', path: ['/v1/threads/', ''], targets: (ids) => ids.threads },
  { name: 'get message', method: 'GET', path: ['/v1/threads/', ''], targets: (ids) => ids.messages },
  {
    name: 'list 20 of 25 messages',
    method: 'GET',
    path: ['/v1/threads/', '/messages'],
    targets: (ids) => ids.conversations,
  },
  {
    name: 'list messages after one',
    method: 'GET',
    path: ['/v1/threads/', ''],
    targets: (ids) => ids.messages.map((path) => path.replace('/messages/', '/messages?order=asc&after=')),
  },
  {
    name: 'list threads by metadata',
    method: 'GET',
    path: ['/v1/threads?metadata[user]=', ''],
    targets: (ids) => ids.users,
  },
  {
    name: 'modify metadata',
    method: 'POST',
    path: ['/v1/threads/', ''],
    targets: (ids) => ids.threads,
    body: { metadata: { plan: 'pro', seen: 'yes' } },
  },
  { name: 'create thread, empty', method: 'POST', path: ['/v1/threads', ''], targets: () => ANY, body: {} },
  {
    name: 'create thread with 1 message',
    method: 'POST',
    path: ['/v1/threads', ''],
    targets: () => ANY,
    body: { messages: [message('user')], metadata: { user: 'user-new' } },
  },
  {
    name: 'create thread with 10 messages',
    method: 'POST',
    path: ['/v1/threads', ''],
    targets: () => ANY,
    body: {
      messages: Array.from({ length: 10 }, (_, i) => message(i % 2 ? 'assistant' : 'user')),
      metadata: { user: 'user-new' },
    },
  },
  {
    name: 'append message',
    method: 'POST',
    path: ['/v1/threads/', '/messages'],
    targets: (ids) => ids.threads,
    body: message('user'),
  },
  { name: 'delete thread', method: 'DELETE', path: ['/v1/threads/', ''], targets: () => [], deletes: true },
];

export const loadOf = (
  operation: Operation,
  targets: readonly string[],
  rest: Pick<Load, 'port' | 'concurrency' | 'seconds' | 'key'>,
): Load => ({
  ...rest,
  method: operation.method,
  path: operation.path,
  targets,
  once: operation.deletes ?? false,
  body: operation.body ? JSON.stringify(operation.body) : '',
});
