import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread } from '../support/build.js';
import { readMetrics, valuesOf } from '../support/metrics.js';
import { until } from '../support/process.js';
import { anEndpoint, makeDue, TO_LOOPBACK } from '../webhooks/fixtures.js';
import { Receiver } from '../webhooks/receiver.js';

const HOUR = 3_600;

let app: TestApp;
let receiver: Receiver;
let endpointId: string;

beforeAll(async () => {
  app = await startApp(TO_LOOPBACK);
  receiver = await Receiver.start();
  endpointId = (await anEndpoint(app.a, receiver)).id;
});

afterAll(async () => {
  await app.close();
  await receiver.close();
});

const outcomes = async (): Promise<Record<string, number>> =>
  valuesOf(await readMetrics(app.url), 'threadstore_webhook_deliveries_total');

const lag = async (): Promise<number> => valuesOf(await readMetrics(app.url), 'threadstore_outbox_lag_seconds')['']!;

/** About an hour: the tests take less than a minute. */
const isAnHour = (seconds: number): boolean => seconds >= HOUR && seconds < HOUR + 60;

describe('threadstore_webhook_deliveries_total', () => {
  // What breaks it: an attempt that is not counted, or counted as what became of another.
  it('counts each attempt by what came of it', async () => {
    receiver.refuse(500);
    await aThread(app.a);
    await until(async () => (await outcomes()).failed === 1);
    await app.database.query('UPDATE webhook_deliveries SET attempts = 100');
    await makeDue(app, endpointId);
    await until(async () => (await outcomes()).dead === 1);
    receiver.accept();
    await aThread(app.a);
    await until(async () => (await outcomes()).succeeded === 1);

    expect(await outcomes()).toEqual({ failed: 1, dead: 1, succeeded: 1 });
  });
});

describe('threadstore_outbox_lag_seconds', () => {
  // What breaks it: to look at the events only, or at what has been delivered too.
  it('is the age of what was not delivered yet, and 0 when all was', async () => {
    receiver.refuse(500);
    await aThread(app.a);
    await until(async () => (await outcomes()).failed === 2);
    await app.database.query(`UPDATE webhook_deliveries SET created_at = now() - interval '1 hour'`);
    await until(async () => (await lag()) > 60);
    const behind = await lag();
    receiver.accept();
    await makeDue(app, endpointId);
    await until(async () => (await lag()) === 0);

    expect(isAnHour(behind)).toBe(true);
    expect((await outcomes()).succeeded).toBe(2);
  });

  // What breaks it: to look at deliveries only.
  it('is the age of an event that is no delivery yet', async () => {
    const release = await app.database.hold('SELECT FROM webhook_endpoints FOR UPDATE');
    const { id } = await aThread(app.a);
    await app.database.query(`UPDATE events SET created_at = now() - interval '1 hour' WHERE thread_id = $1`, [id]);
    await until(async () => (await lag()) > 60);
    const behind = await lag();
    await release();
    await until(async () => (await lag()) === 0);

    expect(isAnHour(behind)).toBe(true);
  });
});
