import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, until } from '../support/process.js';
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

beforeAll(async () => {
  database = await startApp();
  collector = await Collector.start();
  installation = await Installation.make();
  server = await installation.start({
    ...collector.env,
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

const ROOT = 2;

/** The spans of a trace, once that of the request is among them. */
async function spansOf(traceId: string): Promise<readonly Span[]> {
  const spans = (): Span[] => collector.spans.filter((span) => span.traceId === traceId);
  await until(async () => spans().some(({ kind }) => kind === ROOT));
  return spans();
}

const traceOf = ({ headers }: Answer): string => String(headers.get('traceparent')).split('-')[1]!;

const attributesOf = ({ attributes }: Span): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

/** The names of a span and of those around it, outermost last. */
function pathOf(span: Span, spans: readonly Span[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(parent ? pathOf(parent, spans) : [])];
}

describe('the trace of a request', () => {
  // What breaks it: anything traced that is imported before what traces it.
  it('goes on from that of its caller, through Prisma to PostgreSQL', async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'user-agent': 'CANARY' };

    const answer = await client.post('/v1/threads?', { metadata: { a: 'b' } }, headers);

    ok(answer);
    const spans = await spansOf(TRACE);
    const request = spans.find(({ kind }) => kind === ROOT)!;
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
    expect(spans.map((span) => pathOf(span, spans).join(' < ')).toSorted()).toEqual([]);
  });
});
