// How a stream of events ends, and what is left of it.
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { aThread, ok } from '../support/build.js';
import type { Client } from '../support/client.js';
import { openFeed } from '../support/event-stream.js';
import { asHttp, GrpcClient, refusedBy } from '../support/grpc-client.js';
import { type GrpcTestApp, startGrpcApp } from '../support/grpc-app.js';
import type { GrpcStream } from '../support/grpc-stream.js';
import { readMetrics, valuesOf } from '../support/metrics.js';
import { until } from '../support/process.js';
import { clientOfNewProject } from '../support/app.js';

let app: GrpcTestApp;
let http: Client;
let grpc: GrpcClient;

beforeAll(async () => {
  app = await startGrpcApp();
});

beforeEach(async () => {
  http = await clientOfNewProject(app.admin, 'Watched');
  grpc = new GrpcClient(app.address, http.key);
  await openFeed(http);
});

afterAll(() => app.close());

const openStreams = async (): Promise<number> => valuesOf(await readMetrics(app.url), 'threadstore_event_streams')['']!;

async function watching(request: object = {}, options: object = {}): Promise<GrpcStream> {
  const stream = grpc.watch(request, options);
  await stream.begun;
  return stream;
}

/** What tells a client to come again. */
const COME_AGAIN = {
  status: 503,
  body: {
    error: {
      message: 'The server is temporarily unable to answer: The stream has ended. Please try again shortly.',
      type: 'server_error',
      param: null,
      code: 'service_unavailable',
    },
  },
};

const endOf = async (stream: GrpcStream): Promise<object> => {
  const refused = refusedBy(await stream.ended);
  return { code: refused.code, ...asHttp(refused) };
};

// Breaks when the end of the call does not end the reading of the feed.
it('leaves nothing behind when its client cancels, goes away or has a deadline', async () => {
  expect(await openStreams()).toBe(0);
  const cancelled = await watching();
  const late = await watching({}, { deadline: Date.now() + 1_000 });
  const gone = new GrpcClient(app.address, http.key);
  const left = gone.watch();
  await left.begun;
  await until(async () => (await openStreams()) === 3);

  cancelled.call.cancel();
  gone.close();
  left.call.cancel();

  expect([await cancelled.code(), await late.code()]).toEqual(['CANCELLED', 'DEADLINE_EXCEEDED']);
  await until(async () => (await openStreams()) === 0);
  await aThread(http);
});

// Breaks when nobody looks whether the keys of streams still stand.
it('ends soon after its key is revoked, and is then refused', async () => {
  const stream = await watching();

  await app.database.query('DELETE FROM api_keys WHERE project_id = (SELECT project_id FROM threads WHERE id = $1)', [
    (await aThread(http)).id,
  ]);
  const revoked = Date.now();

  expect(await endOf(stream)).toEqual({ code: 'UNAVAILABLE', ...COME_AGAIN });
  expect(Date.now() - revoked).toBeLessThan(2_500);
  await setTimeout(1_000);
  expect(await (await watching()).code()).toBe('UNAUTHENTICATED');
});

it('ends soon after the feed is switched off, and is then refused by that name', async () => {
  const stream = await watching();

  ok(await http.post('/v1/event_feed', { enabled: false }));

  expect(await endOf(stream)).toEqual({ code: 'UNAVAILABLE', ...COME_AGAIN });
  expect(await endOf(await watching())).toMatchObject({
    code: 'INVALID_ARGUMENT',
    body: { error: { code: 'event_feed_off' } },
  });
});

// Breaks when streams are not ended before the server waits for what is under way.
it('ends at once when the server stops, after what has happened before', async () => {
  const own = await startGrpcApp();
  const client = new GrpcClient(own.address, own.a.key);
  await openFeed(own.a);
  const streams = Array.from({ length: 20 }, () => client.watch());
  await Promise.all(streams.map(({ begun }) => begun));
  const { id } = await aThread(own.a);
  await Promise.all(streams.map((stream) => stream.until(1)));

  const asked = Date.now();
  await own.close();
  const ends = await Promise.all(streams.map(endOf));

  expect(ends).toEqual(streams.map(() => ({ code: 'UNAVAILABLE', ...COME_AGAIN })));
  expect(streams.map(({ messages }) => messages.map(({ thread_id }) => thread_id))).toEqual(streams.map(() => [id]));
  expect(Date.now() - asked).toBeLessThan(3_000);
  client.close();
});
