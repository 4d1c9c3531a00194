import { readFile } from 'node:fs/promises';
import { kill } from 'node:process';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from '../support/client.js';
import { readMetrics, valuesOf } from '../support/metrics.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const API_KEY = 'sk-ts-test-key-of-a-project';
const LISTS = '/threads GET 200';

let installation: Installation;
let server: ServerProcess;

beforeAll(async () => {
  installation = await Installation.make();
  server = await installation.start({ WORKERS: '3', API_KEY });
});

afterAll(() => installation.remove());

async function workers(): Promise<number[]> {
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

/** Each call opens a connection of its own, so that another process may answer. */
const listThreads = (): Promise<unknown> =>
  fetch(`${server.url}/v1/threads`, { headers: { authorization: `Bearer ${API_KEY}`, connection: 'close' } });

async function listsCounted(): Promise<number | undefined> {
  return valuesOf(await readMetrics(server.url), 'threadstore_http_request_duration_seconds_count')[LISTS];
}

describe('GET /metrics of WORKERS=3', () => {
  // What breaks it: a process that tells its own counts only.
  it('adds up what all processes have counted, whichever is asked', async () => {
    for (let sent = 0; sent < 30; sent++) await listThreads();

    const counts = await Promise.all(Array.from({ length: 9 }, listsCounted));
    expect(counts).toEqual(Array.from({ length: 9 }, () => 30));
    expect(valuesOf(await readMetrics(server.url), 'threadstore_database_connections_max')).toEqual({ '': 30 });
  });

  // What breaks it: counts that go away with their process; Prometheus would take that for a restart of all.
  it('goes on counting from there when a process ends and another takes its place', async () => {
    const before = await workers();
    kill(before[0]!, 'SIGKILL');
    await until(async () => {
      const now = await workers();
      return now.length === 3 && !now.includes(before[0]!);
    });
    expect(await new Client(server.url, API_KEY).get('/v1/threads')).toMatchObject({ status: 200 });

    await until(async () => valuesOf(await readMetrics(server.url), 'threadstore_database_connections_max')[''] === 30);
    expect(await listsCounted()).toBe(31);
  });
});
