import { kill } from 'node:process';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { GrpcClient } from '../support/grpc-client.js';
import { freePort, Installation, type ServerProcess, STARTS_TIMEOUT_MS, until } from '../support/process.js';
import { Collector, type Span } from './collector.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const API_KEY = 'sk-ts-key-of-the-trace-test';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

let database: TestApp;
let collector: Collector;
let installation: Installation;
let server: ServerProcess;
let client: Client;
let grpcPort: number;

beforeAll(async () => {
  database = await startApp();
  collector = await Collector.start();
  installation = await Installation.make();
  grpcPort = await freePort();
  server = await installation.start({
    ...collector.env,
    GRPC_PORT: String(grpcPort),
    DATABASE_URL: database.database.ownerUrl,
    LOG_LEVEL: 'info',
    API_KEY,
  });
  client = new Client(server.url, API_KEY);
});

afterAll(async () => {
  await installation.remove();
  collector.close();
  await database.close();
});

/** In OTLP. */
const SERVER = 2;
const ERROR = 2;

/** The spans of a trace, once that of the request is among them. */
async function spansOf(traceId: string): Promise<readonly Span[]> {
  const spans = (): Span[] => collector.spans.filter((span) => span.traceId === traceId);
  await until(async () => spans().some(({ kind }) => kind === SERVER));
  return spans();
}

const traceOf = ({ headers }: Answer): string => String(headers.get('traceparent')).split('-')[1]!;

const attributesOf = ({ attributes }: Span): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

/** The requests for which a statement was run. */
const servedBy = ({ parentSpanId = '', links = [] }: Span): string[] => [
  parentSpanId,
  ...links.map(({ spanId }) => spanId),
];

/** The names of a span and of those around it, outermost last. */
function pathOf(span: Span, spans: readonly Span[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name.replace(/^(pg\.query):.*/, '$1'), ...(parent ? pathOf(parent, spans) : [])];
}

const pathsIn = (spans: readonly Span[]): string[] => spans.map((span) => pathOf(span, spans).join(' < '));

describe('the trace of a request', () => {
  // What breaks it: anything traced that is imported before what traces it.
  it('goes on from that of its caller, through Prisma to PostgreSQL', async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'user-agent': 'CANARY' };

    const answer = await client.post('/v1/threads', { metadata: { a: 'b' } }, headers);

    ok(answer);
    const spans = await spansOf(TRACE);
    const request = spans.find(({ kind }) => kind === SERVER)!;
    expect(request).toMatchObject({ name: 'POST /threads', parentSpanId: PARENT });
    expect(attributesOf(request)).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'http.route': '/threads',
      'url.path': '/v1/threads',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.url).port),
      'client.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': expect.any(Number),
      'network.protocol.version': '1.1',
    });
    expect(answer.headers.get('traceparent')).toBe(`00-${TRACE}-${request.spanId}-01`);
    const paths = pathsIn(spans);
    expect(paths).toContain('pg.query < createThread < POST /threads');
    // Its key was looked up for the first time.
    expect(paths).toContain('pg.query < prisma:client:db_query < prisma:client:operation < POST /threads');
    expect(spans.filter(({ parentSpanId }) => !parentSpanId)).toEqual([]);
  });

  it('begins with the request when its caller has none, and stands in the answer and in the log', async () => {
    const answer = await client.get('/v1/threads/thread_abc');

    const trace = traceOf(answer);
    const request = (await spansOf(trace)).find(({ kind }) => kind === SERVER)!;
    expect(request).toMatchObject({ name: 'GET /threads/:thread_id' });
    expect(request.parentSpanId ?? '').toBe('');
    await until(async () => server.stdout.includes(`"trace":"${trace}"`));
  });

  // What breaks it: a statement that runs in the trace of whoever made room for it.
  it('has the statement that it shares with others, or a link to it', async () => {
    const { id } = ok(await client.post('/v1/threads'));

    const answers = await Promise.all(Array.from({ length: 40 }, () => client.get(`/v1/threads/${id}`)));

    const own = await Promise.all(answers.map((answer) => spansOf(traceOf(answer))));
    const requests = own.flat().filter(({ kind }) => kind === SERVER);
    expect(requests).toHaveLength(40);
    await until(async () => {
      const served = collector.spans.filter(({ name }) => name === 'getThread').flatMap(servedBy);
      return requests.every(({ spanId }) => served.includes(spanId));
    });
  });

  // What breaks it: gRPC that is imported before what traces it.
  it('goes on from that of a caller by gRPC, to the statement', async () => {
    const trace = '5bf92f3577b34da6a3ce929d0e0e4737';
    const grpc = new GrpcClient(`127.0.0.1:${grpcPort}`, API_KEY);

    await grpc.ok('Threads.CreateThread', {}, { traceparent: `00-${trace}-${PARENT}-01` });

    grpc.close();
    const spans = await spansOf(trace);
    const call = spans.find(({ kind }) => kind === SERVER)!;
    expect(call).toMatchObject({ name: 'grpc.threadstore.v1.Threads/CreateThread', parentSpanId: PARENT });
    expect(attributesOf(call)).toEqual({
      'rpc.system': 'grpc',
      'rpc.service': 'threadstore.v1.Threads',
      'rpc.method': 'CreateThread',
      'rpc.grpc.status_code': 0,
    });
    await until(async () => pathsIn(collector.spans).some((path) => path === `pg.query < createThread < ${call.name}`));
  });

  it('is not made for health checks and metrics', async () => {
    await fetch(`${server.url}/health/ready`);
    await fetch(`${server.url}/metrics`);
    await spansOf(traceOf(await client.get('/v1/threads')));

    expect(collector.spans.filter(({ name }) => /health|metrics/.test(name))).toEqual([]);
  });

  // What breaks it: attributes, events or statuses that pass as they are.
  it('has nothing in it that a caller said, whatever goes wrong', async () => {
    const text = 'CANARYTEXT';
    const headers = { 'user-agent': text, 'x-forwarded-for': text, 'x-request-id': text };
    const { id } = ok(await client.post('/v1/threads', { metadata: { [text]: text } }, headers));
    ok(await client.get(`/v1/threads?metadata[${text}]=${text}`, headers));
    await database.database.query('ALTER TABLE messages ADD CONSTRAINT no CHECK (false) NOT VALID');
    const failed = await client.post(`/v1/threads/${id}/messages`, { role: 'user', content: text }, headers);
    await database.database.query('ALTER TABLE messages DROP CONSTRAINT no');
    expect(failed.status).toBe(500);

    const spans = await spansOf(traceOf(failed));

    expect(spans.filter(({ status }) => status.code === ERROR)).not.toEqual([]);
    expect(spans.flatMap(({ status, events = [] }) => [status.message ?? '', ...events]).filter(Boolean)).toEqual([]);
    expect(collector.text).not.toMatch(/CANARY|sk-ts/);
  });

  it('is sent before the server ends', async () => {
    const trace = traceOf(await client.get('/v1/threads/thread_last'));

    expect((await server.end('SIGTERM')).code).toBe(0);

    expect(collector.spans.filter(({ traceId }) => traceId === trace).map(({ name }) => name)).toContain(
      'GET /threads/:thread_id',
    );
  });
});

describe('without the variables of OpenTelemetry', () => {
  // What breaks it: an import of the SDK that is not made on demand.
  it('nothing of its SDK is loaded', async () => {
    const said = `process.on('SIGUSR2', () => {
      const { _cache } = process.getBuiltinModule('node:module');
      console.error('LOADED ' + Object.keys(_cache).filter((each) => /opentelemetry.(sdk|instrumentation)/.test(each)).length);
    })`;
    const untraced = await installation.start({
      DATABASE_URL: database.database.ownerUrl,
      API_KEY,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(said)}`,
    });

    kill(untraced.pid, 'SIGUSR2');

    await until(async () => untraced.stderr.includes('LOADED'));
    expect(untraced.stderr).toContain('LOADED 0\n');
  });
});
