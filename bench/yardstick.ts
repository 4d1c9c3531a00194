// The server that a good engineer would write by hand: Fastify and pg, nothing between them. The same operations on
// the same tables, with schemas for bodies and answers, named prepared statements, one statement an operation, and keys
// that are remembered for a second. No batching, but of what creates where `npm run bench -- --sharing` asks for it.
import { createHmac } from 'node:crypto';
import Fastify, { type FastifyRequest } from 'fastify';
import { customAlphabet } from 'nanoid';
import { Pool, type QueryResultRow } from 'pg';
import { shared } from './sharing.js';
import { answers, bodies, createdAt, listQuery } from './yardstick.schemas.js';
import { statements } from './yardstick.statements.js';

declare module 'fastify' {
  interface FastifyRequest {
    projectId: string;
  }
}

interface Part {
  readonly type: string;
  readonly text?: string;
}

interface MessageBody {
  readonly role: string;
  readonly content: string | readonly Part[];
  readonly attachments?: readonly unknown[];
  readonly metadata?: Record<string, string>;
}

interface ThreadBody {
  readonly messages?: readonly MessageBody[];
  readonly metadata?: Record<string, string>;
  readonly tool_resources?: Record<string, unknown>;
}

interface MessageRow {
  readonly id: string;
  readonly thread_id: string;
  readonly created_at: Date;
  readonly role: string;
  readonly content: unknown;
  readonly attachments: unknown;
  readonly metadata: unknown;
}

interface ThreadRow {
  readonly id: string;
  readonly created_at: Date;
  readonly metadata: unknown;
  readonly tool_resources: unknown;
}

const KEY_TTL_MS = 1_000;
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const app = Fastify({ bodyLimit: 36 * 1024 * 1024, rewriteUrl: ({ url = '/' }) => url.replace(/^\/v1\//, '/') });
const random = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 15);
const newId = (prefix: string, now: Date): string => prefix + now.getTime().toString(36).padStart(9, '0') + random();

const run = <Row extends QueryResultRow>(name: keyof typeof statements, values: unknown[]) =>
  pool.query<Row>({ name, text: statements[name], values });

const sharing = process.env.SHARING && {
  createThread: shared(pool, 'createThreads'),
  createMessage: shared(pool, 'createMessages'),
};

const callers = new Map<string, { readonly projectId: Promise<string>; readonly until: number }>();

async function projectOf(key: string): Promise<string> {
  const hash = createHmac('sha256', process.env.KEY_PEPPER ?? 'threadstore')
    .update(key)
    .digest();
  const { rows } = await run<{ project_id: string }>('findKey', [hash]);
  if (!rows[0]) throw Object.assign(new Error('Incorrect API key provided.'), { statusCode: 401 });
  return rows[0].project_id;
}

async function authenticate(request: FastifyRequest): Promise<void> {
  const key = request.headers.authorization?.slice('Bearer '.length) ?? '';
  let known = callers.get(key);
  if (!known || known.until < Date.now()) {
    known = { projectId: projectOf(key), until: Date.now() + KEY_TTL_MS };
    callers.set(key, known);
  }
  request.projectId = await known.projectId;
}

const notFound = (what: string, id: string): Error =>
  Object.assign(new Error(`No ${what} found with id '${id}'.`), { statusCode: 404 });

const toThread = (row: ThreadRow) => ({ ...row, object: 'thread', created_at: createdAt(row.created_at) });

const toMessage = (row: MessageRow) => ({
  id: row.id,
  object: 'thread.message',
  created_at: createdAt(row.created_at),
  thread_id: row.thread_id,
  status: 'completed',
  incomplete_details: null,
  completed_at: createdAt(row.created_at),
  incomplete_at: null,
  role: row.role,
  content: row.content,
  assistant_id: null,
  run_id: null,
  attachments: row.attachments,
  metadata: row.metadata,
});

const text = (value: string) => ({ type: 'text', text: { value, annotations: [] } });

const toContent = (content: MessageBody['content']) =>
  typeof content === 'string' ? [text(content)] : content.map((part) => (part.text ? text(part.text) : part));

const newMessage = (body: MessageBody, now: Date) => ({
  id: newId('msg_', now),
  role: body.role,
  content: toContent(body.content),
  attachments: body.attachments ?? [],
  metadata: body.metadata ?? {},
});

app.decorateRequest('projectId', '');
app.addHook('onRequest', authenticate);
app.setErrorHandler<Error & { statusCode?: number }>((error, _, reply) => {
  const status = error.statusCode ?? 500;
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  return reply.status(status).send({ error: { message: error.message, type, param: null, code: null } });
});

app.post<{ Body: ThreadBody }>(
  '/threads',
  { schema: { body: bodies.thread, response: { 200: answers.thread } } },
  async ({ projectId, body }) => {
    const now = new Date();
    const { metadata = {}, tool_resources: tools = {} } = body;
    const messages = (body.messages ?? []).map((each) => newMessage(each, now));
    const id = newId('thread_', now);
    const values = [projectId, id, now, JSON.stringify(metadata), JSON.stringify(tools)];
    const count = messages.length;
    if (sharing)
      await sharing.createThread({ project: projectId, thread: id, at: now, pairs: metadata, tools, count, messages });
    else if (count === 0) await run('createEmptyThread', values);
    else await run('createThread', [...values, count, JSON.stringify(messages)]);
    return toThread({ id, created_at: now, metadata, tool_resources: tools });
  },
);

app.get<{ Params: { id: string } }>(
  '/threads/:id',
  { schema: { response: { 200: answers.thread } } },
  async ({ projectId, params: { id } }) => {
    const { rows } = await run<ThreadRow>('getThread', [projectId, id]);
    if (!rows[0]) throw notFound('thread', id);
    return toThread(rows[0]);
  },
);

app.get<{ Querystring: Record<string, string> }>(
  '/threads',
  { schema: { response: { 200: answers.threads } } },
  async ({ projectId, query }) => {
    const [name, value] = Object.entries(query).find(([each]) => each.startsWith('metadata['))!;
    const limit = Number(query.limit || 20);
    const values = [projectId, name.slice('metadata['.length, -1), value, limit + 1];
    const { rows } = await run<ThreadRow>('listThreads', values);
    const data = rows.slice(0, limit).map(toThread);
    return list(data, rows.length > limit);
  },
);

app.post<{ Params: { id: string }; Body: ThreadBody }>(
  '/threads/:id',
  { schema: { body: bodies.modify, response: { 200: answers.thread } } },
  async ({ projectId, params: { id }, body }) => {
    const { rows } = await run<ThreadRow>('modifyThread', [projectId, id, JSON.stringify(body.metadata ?? {})]);
    if (!rows[0]) throw notFound('thread', id);
    return toThread(rows[0]);
  },
);

app.delete<{ Params: { id: string } }>(
  '/threads/:id',
  { schema: { response: { 200: answers.deleted } } },
  async ({ projectId, params: { id } }) => {
    const { rowCount } = await run('deleteThread', [projectId, id]);
    if (!rowCount) throw notFound('thread', id);
    return { id, object: 'thread.deleted', deleted: true };
  },
);

app.post<{ Params: { id: string }; Body: MessageBody }>(
  '/threads/:id/messages',
  { schema: { body: bodies.message, response: { 200: answers.message } } },
  async ({ projectId, params: { id }, body }) => {
    const now = new Date();
    const message = newMessage(body, now);
    const answer = toMessage({ ...message, thread_id: id, created_at: now });
    if (sharing) {
      await sharing.createMessage({ project: projectId, thread: id, at: now, ...message });
      return answer;
    }
    const { rowCount } = await run('createMessage', [
      projectId,
      id,
      message.id,
      now,
      message.role,
      JSON.stringify(message.content),
      JSON.stringify(message.attachments),
      JSON.stringify(message.metadata),
    ]);
    if (!rowCount) throw notFound('thread', id);
    return answer;
  },
);

app.get<{ Params: { id: string }; Querystring: { limit: number; order: string; after?: string } }>(
  '/threads/:id/messages',
  { schema: { querystring: listQuery, response: { 200: answers.messages } } },
  async ({ projectId, params: { id }, query: { limit, order, after } }) => {
    const statement = order === 'asc' ? 'listMessagesAscending' : 'listMessages';
    const { rows } = after
      ? await run<MessageRow>(`${statement}After`, [projectId, id, limit + 1, after])
      : await run<MessageRow>(statement, [projectId, id, limit + 1]);
    if (rows.length === 0 && !(await run('getThread', [projectId, id])).rows[0]) throw notFound('thread', id);
    if (rows.length === 0 && after && !(await run('getMessage', [projectId, id, after])).rows[0])
      throw notFound('message', after);
    const data = rows.slice(0, limit).map(toMessage);
    return list(data, rows.length > limit);
  },
);

app.get<{ Params: { id: string; message: string } }>(
  '/threads/:id/messages/:message',
  { schema: { response: { 200: answers.message } } },
  async ({ projectId, params: { id, message } }) => {
    const { rows } = await run<MessageRow>('getMessage', [projectId, id, message]);
    if (!rows[0]) throw notFound('message', message);
    return toMessage(rows[0]);
  },
);

app.post<{ Params: { id: string; message: string }; Body: MessageBody }>(
  '/threads/:id/messages/:message',
  { schema: { body: bodies.modify, response: { 200: answers.message } } },
  async ({ projectId, params: { id, message }, body }) => {
    const metadata = JSON.stringify(body.metadata ?? {});
    const { rows } = await run<MessageRow>('modifyMessage', [projectId, id, message, metadata]);
    if (!rows[0]) throw notFound('message', message);
    return toMessage(rows[0]);
  },
);

app.delete<{ Params: { id: string; message: string } }>(
  '/threads/:id/messages/:message',
  { schema: { response: { 200: answers.deleted } } },
  async ({ projectId, params: { id, message } }) => {
    const { rowCount } = await run('deleteMessage', [projectId, id, message]);
    if (!rowCount) throw notFound('message', message);
    return { id: message, object: 'thread.message.deleted', deleted: true };
  },
);

function list<T extends { readonly id: string }>(data: readonly T[], hasMore: boolean) {
  return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: hasMore };
}

const address = await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.({ port: Number(new URL(address).port) });
