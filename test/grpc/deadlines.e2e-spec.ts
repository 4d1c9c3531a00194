import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aThread, ok } from '../support/build.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';
import { until } from '../support/process.js';

/** For a call to arrive, and to be held up. */
const ARRIVAL_MS = 200;

/** For a key that was looked up to be forgotten: until then no statement is needed to let it in. */
const FORGOTTEN_MS = 1_000;

let app: GrpcTestApp;
let release: (() => Promise<void>) | undefined;

beforeAll(async () => {
  app = await startGrpcApp();
});

afterEach(async () => {
  await release?.();
  release = undefined;
});

afterAll(() => app.close());

const threads = async (): Promise<number> =>
  Number((await app.database.query<{ count: string }>('SELECT count(*) FROM threads'))[0]!.count);

/** Holds up whoever is not known yet. */
async function holdUpKeys(): Promise<void> {
  await setTimeout(FORGOTTEN_MS);
  release = await app.database.hold('LOCK TABLE api_keys');
}

/** Lets those who were held up come, and waits until all of them have. */
async function letCome(): Promise<void> {
  await release?.();
  release = undefined;
  await app.grpc.a.ok('Threads.ListThreads');
}

// Both break when Admission hands on a call that nobody waits for any more.
describe('a call that is held up before its work has begun', () => {
  it('does nothing once its deadline has passed', async () => {
    const before = await threads();
    await holdUpKeys();

    const { code } = await app.grpc.a.call('Threads.CreateThread', {}, { deadline: Date.now() + ARRIVAL_MS });
    await letCome();

    expect(code).toBe('DEADLINE_EXCEEDED');
    expect(await threads()).toBe(before);
  });

  it('does nothing once it was cancelled', async () => {
    const before = await threads();
    await holdUpKeys();

    const { call, answer } = app.grpc.a.begin('Threads.CreateThread', {});
    await setTimeout(ARRIVAL_MS);
    call.cancel();
    const { code } = await answer;
    await until(async () =>
      String((await app.anonymous.get('/metrics')).body).includes('CreateThread",code="CANCELLED"'),
    );
    await letCome();

    expect(code).toBe('CANCELLED');
    expect(await threads()).toBe(before);
  });
});

describe('a call that has begun to write', () => {
  it('is carried out when it is cancelled, and tells its answer to the same key', async () => {
    const { id } = await aThread(app.a);
    const request = { thread_id: id, metadata: { set: { done: 'yes' } } };
    const metadata = { 'idempotency-key': 'key-of-what-was-cancelled' };
    await app.grpc.a.ok('Threads.ListThreads');
    release = await app.database.hold('SELECT FROM threads WHERE id = $1 FOR UPDATE', [id]);

    const { call, answer } = app.grpc.a.begin('Threads.ModifyThread', request, { metadata });
    await setTimeout(ARRIVAL_MS);
    call.cancel();
    const { code } = await answer;
    await release();
    await until(async () => ok(await app.a.get(`/v1/threads/${id}`)).metadata.done === 'yes');

    const again = await app.grpc.a.call('Threads.ModifyThread', request, { metadata });
    expect(code).toBe('CANCELLED');
    expect([again.code, again.message.version, again.metadata['idempotent-replayed']]).toEqual(['OK', 2, 'true']);
  });
});

describe('a deadline that is far enough away', () => {
  it('changes nothing', async () => {
    const { code } = await app.grpc.a.call('Threads.CreateThread', {}, { deadline: Date.now() + 20_000 });

    expect(code).toBe('OK');
  });
});
