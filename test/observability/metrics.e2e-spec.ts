import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { Client } from '../support/client.js';
import { readMetrics, samplesOf, valuesOf } from '../support/metrics.js';

const COUNT = 'threadstore_http_request_duration_seconds_count';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

/** What was counted since: only what changed. */
async function countedBy(requests: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = valuesOf(await readMetrics(app.url), COUNT);
  await requests();
  const after = valuesOf(await readMetrics(app.url), COUNT);
  const changes = Object.entries(after).map(([labels, count]): [string, number] => [
    labels,
    count - (before[labels] ?? 0),
  ]);
  return Object.fromEntries(changes.filter(([, change]) => change > 0));
}

describe('GET /metrics', () => {
  it('is open to everyone, in the text format of Prometheus', async () => {
    const { status, headers } = await app.anonymous.get('/metrics');

    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  });

  // What breaks it: labels that are made of the URL, or a request that is not counted.
  it('counts what was answered by route, method and status', async () => {
    const counted = await countedBy(async () => {
      const { id } = await aThread(app.a);
      await aMessage(app.a, id);
      await aMessage(app.b, id).catch(() => undefined);
      await app.a.get(`/v1/threads/${id}/messages?limit=1`);
      await app.a.get(`/threads/${id}`);
      await app.a.get('/v1/threads/thread_abc');
      await app.a.post('/v1/threads', { colour: 'red' });
      await app.anonymous.get('/v1/threads');
      await app.a.send('PUT', '/v1/threads');
    });

    expect(counted).toEqual({
      '/metrics GET 200': 1,
      '/threads POST 200': 1,
      '/threads POST 400': 1,
      '/threads GET 401': 1,
      '/threads PUT 405': 1,
      '/threads/:thread_id GET 200': 1,
      '/threads/:thread_id GET 404': 1,
      '/threads/:thread_id/messages POST 200': 1,
      '/threads/:thread_id/messages POST 404': 1,
      '/threads/:thread_id/messages GET 200': 1,
    });
  });

  // What breaks it: a label with the URL, or the method, of what has no route.
  it('has one series a status for all that has no route', async () => {
    const counted = await countedBy(async () => {
      for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND', 'SEARCH']) {
        await app.a.send(method, `/v1/nowhere/${method}`);
      }
      await app.a.get('/v1/threads/%zz');
    });

    expect(counted).toEqual({ '/metrics GET 200': 1, 'none any 404': 5 });
  });

  it('has the times of each series in buckets that add up', async () => {
    await aThread(app.a);

    const samples = samplesOf(await readMetrics(app.url)).filter(
      ({ name, labels }) =>
        name.startsWith('threadstore_http') &&
        labels.route === '/threads' &&
        labels.method === 'POST' &&
        labels.status === '200',
    );

    const buckets = samples.filter(({ name }) => name.endsWith('_bucket'));
    const values = buckets.map(({ value }) => value);
    expect(buckets.map(({ labels }) => labels.le)).toEqual([
      '0.001',
      '0.0025',
      '0.005',
      '0.01',
      '0.025',
      '0.05',
      '0.1',
      '0.25',
      '0.5',
      '1',
      '2.5',
      '5',
      '+Inf',
    ]);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(samples.find(({ name }) => name.endsWith('_count'))!.value).toBe(values.at(-1));
    expect(samples.find(({ name }) => name.endsWith('_sum'))!.value).toBeGreaterThan(0);
  });

  it('says how many connections to the database there are, what they do, and how many there may be', async () => {
    ok(await app.a.get('/v1/threads'));

    const text = await readMetrics(app.url);

    const { idle, busy } = valuesOf(text, 'threadstore_database_connections');
    expect(idle! + busy!).toBeGreaterThan(0);
    expect(valuesOf(text, 'threadstore_database_connections_max')).toEqual({ '': 10 });
    expect(valuesOf(text, 'threadstore_database_connections_waited_for')).toEqual({ '': 0 });
  });

  // What breaks it: a count of statements, or of rows that found nothing.
  it('counts how many requests shared each statement', async () => {
    const { id } = await aThread(app.a);
    const rowsOf = async (part: string) =>
      valuesOf(await readMetrics(app.url), `threadstore_statement_rows_${part}`).getThread ?? 0;
    const [requestsBefore, statementsBefore] = [await rowsOf('sum'), await rowsOf('count')];

    const release = await app.database.hold('LOCK TABLE threads');
    const answers = Promise.all(Array.from({ length: 40 }, () => app.a.get(`/v1/threads/${id}`)));
    await setTimeout(500);
    await release();
    await answers;

    const statements = (await rowsOf('count')) - statementsBefore;
    expect((await rowsOf('sum')) - requestsBefore).toBe(40);
    expect(statements).toBeGreaterThan(0);
    expect(statements).toBeLessThan(40);
  });

  it('has the lag of the event loop, and memory and processor time of the process', async () => {
    const text = await readMetrics(app.url);

    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
    ]) {
      expect(valuesOf(text, name)['']).toBeGreaterThan(0);
    }
  });

  // What breaks it: a metric that nobody documented, or one that went away.
  it('has all the metrics of docs/operations.md, and no others of its own', async () => {
    const served = [...(await readMetrics(app.url)).matchAll(/^# TYPE (threadstore_\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );

    const rows = readFileSync('docs/operations.md', 'utf8').matchAll(/^\| `(threadstore_\w+)` +\| (\w+) +\|/gm);
    expect([...rows].map(([, name, type]) => `${name} ${type}`).toSorted()).toEqual(served.toSorted());
  });
});

describe('what callers say', () => {
  // What breaks it: a label with a URL, an id, a key or a text.
  it('is in no metric', async () => {
    const canary = 'CANARY';
    const body = { messages: [{ role: 'user', content: canary }], metadata: { [canary]: canary } };
    const headers = { 'x-request-id': canary, 'user-agent': canary };
    const { id } = ok(await app.a.post('/v1/threads', body, headers));
    await app.a.get(`/v1/threads/thread_${canary}?${canary}=${canary}`, headers);
    await app.a.get(`/v1/${canary}`, headers);
    await new Client(app.url, `sk-${canary}-0123456789`).get('/v1/threads', headers);
    const project = ok(await app.admin.post('/v1/organization/projects', { name: canary }));

    const text = await readMetrics(app.url);

    expect(text).not.toMatch(/CANARY|sk-|thread_[0-9A-Za-z]{10}|proj_|msg_|key_/);
    expect([id, project.id].filter((each) => text.includes(each))).toEqual([]);
  });
});
