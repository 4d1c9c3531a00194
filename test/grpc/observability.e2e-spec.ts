// Breaks when an end of a call is not told: an answer, a refusal, a call that was given up.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';
import { until } from '../support/process.js';

let app: GrpcTestApp;

beforeAll(async () => {
  app = await startGrpcApp();
});

afterAll(() => app.close());

const COUNT = /^threadstore_grpc_request_duration_seconds_count\{(.*)\} (\d+)$/gm;

const counts = async (): Promise<Record<string, number>> => {
  const { body } = await app.anonymous.get('/metrics');
  return Object.fromEntries([...String(body).matchAll(COUNT)].map(([, labels, count]) => [labels, Number(count)]));
};

const label = (method: string, code: string): string => `method="/threadstore.v1.Threads/${method}",code="${code}"`;

it('/metrics counts every call by its method and code, whatever its end', async () => {
  await app.grpc.a.ok('Threads.CreateThread');
  await app.grpc.a.ok('Threads.CreateThread');
  await app.grpc.a.call('Threads.GetThread', { thread_id: 'thread_none' });
  await app.grpc.anonymous.call('Threads.ListThreads');
  const release = await app.database.hold('LOCK TABLE threads');
  await app.grpc.a.call('Threads.CreateThread', {}, { deadline: Date.now() + 200 });
  const { call, answer } = app.grpc.a.begin('Threads.DeleteThread', { thread_id: 'thread_none' });
  await setTimeout(200);
  call.cancel();
  await answer;
  await until(async () => label('DeleteThread', 'CANCELLED') in (await counts()));
  await release();

  const expected = {
    [label('CreateThread', 'OK')]: 2,
    [label('GetThread', 'NOT_FOUND')]: 1,
    [label('ListThreads', 'UNAUTHENTICATED')]: 1,
    [label('CreateThread', 'DEADLINE_EXCEEDED')]: 1,
    [label('DeleteThread', 'CANCELLED')]: 1,
  };
  expect(await counts()).toEqual(expected);
});
