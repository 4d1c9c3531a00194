import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import type { Answer } from '../support/client.js';
import { until } from '../support/process.js';
import { anEndpoint, deliveriesOf, ENDPOINTS, makeDue, TO_LOOPBACK, untilDeliveries } from './fixtures.js';
import { Receiver } from './receiver.js';

const MAX_ATTEMPTS = 12;

let app: TestApp;
let receiver: Receiver;
let endpoint: Answer['body'];

beforeAll(async () => {
  app = await startApp(TO_LOOPBACK);
});

afterAll(() => app.close());

beforeEach(async () => {
  receiver = await Receiver.start();
  endpoint = await anEndpoint(app.a, receiver);
});

afterEach(async () => {
  ok(await app.a.delete(`${ENDPOINTS}/${endpoint.id}`));
  await receiver.close();
});

/** The one delivery, once so many attempts of it have ended. */
async function afterAttempts(count: number): Promise<Answer['body']> {
  let delivery: Answer['body'];
  await until(async () => {
    [delivery] = await deliveriesOf(app.a, endpoint.id);
    if (delivery?.attempts !== count || (delivery.last_status ?? delivery.last_error) === null) return false;
    // One that is under way counts already, and still has the status of the one before.
    return delivery.next_attempt_at === null || delivery.next_attempt_at > delivery.last_attempt_at;
  });
  return delivery;
}

/** Seconds from the last attempt to the next one. */
const pauseOf = ({ last_attempt_at, next_attempt_at }: Answer['body']): number => next_attempt_at - last_attempt_at;

/** Makes all attempts fail, each as soon as the one before has. */
async function letDie(): Promise<Answer['body']> {
  receiver.refuse(503);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    await receiver.has(attempt);
    await afterAttempts(attempt);
    await makeDue(app, endpoint.id);
  }
  return (await untilDeliveries(app.a, endpoint.id, 'dead', 1))[0];
}

describe('an attempt that fails', () => {
  // What breaks it: an id that is new for each attempt, by which no receiver knows what it has had.
  it('is made again, with the same id and body, until one succeeds', async () => {
    receiver.refuse(500);
    await aThread(app.a);
    await receiver.has(1);
    const failed = await afterAttempts(1);
    receiver.accept();
    await makeDue(app, endpoint.id);
    const [first, second] = await receiver.has(2);
    const [succeeded] = await untilDeliveries(app.a, endpoint.id, 'succeeded', 1);

    expect([failed.status, failed.last_status, failed.last_error]).toEqual(['pending', 500, 'refused']);
    expect(pauseOf(failed)).toBeGreaterThanOrEqual(3);
    expect(pauseOf(failed)).toBeLessThanOrEqual(7);
    expect([second!.body, second!.headers['webhook-id']]).toEqual([first!.body, first!.headers['webhook-id']]);
    expect(succeeded).toMatchObject({ attempts: 2, last_status: 204, last_error: null, next_attempt_at: null });
  });

  it('waits as long as the receiver asks for by Retry-After', async () => {
    receiver.refuse(429, { 'retry-after': '120' });
    await aThread(app.a);
    const failed = await afterAttempts(1);

    expect(pauseOf(failed)).toBeGreaterThanOrEqual(118);
    expect(pauseOf(failed)).toBeLessThanOrEqual(122);
  });

  // What breaks it: a redirect that is followed, to wherever it leads.
  it('may be a redirect, which is not followed', async () => {
    const elsewhere = await Receiver.start();
    receiver.refuse(307, { location: elsewhere.url });
    await aThread(app.a);
    const failed = await afterAttempts(1);

    expect([failed.last_status, failed.last_error, elsewhere.received]).toEqual([307, 'redirected', []]);
    await elsewhere.close();
  });

  it('may be a connection that is cut', async () => {
    receiver.answer = (_, response) => response.destroy();
    await aThread(app.a);

    expect(await afterAttempts(1)).toMatchObject({ last_status: null, last_error: 'connection_failed' });
  });

  it('is not made because of a body, of which only the beginning is read', async () => {
    receiver.answer = (_, response) => {
      response.writeHead(200);
      const send = (): void => {
        if (response.writable) response.write('x'.repeat(65_536), () => setImmediate(send));
      };
      send();
    };
    await aThread(app.a);

    expect(await untilDeliveries(app.a, endpoint.id, 'succeeded', 1)).toMatchObject([{ last_status: 200 }]);
  });
});

describe('a delivery whose attempts all fail', () => {
  // What breaks it: attempts without an end, or a thread that stands still behind a dead delivery.
  it('is dead after a day, and lets the next of its thread pass', async () => {
    const thread = await aThread(app.a);
    const dead = await letDie();

    expect(dead).toMatchObject({ status: 'dead', attempts: MAX_ATTEMPTS, last_status: 503, next_attempt_at: null });
    receiver.accept();
    await aMessage(app.a, thread.id);
    const [succeeded] = await untilDeliveries(app.a, endpoint.id, 'succeeded', 1);
    expect(succeeded.event.type).toBe('thread.message.created');
    expect(receiver.received).toHaveLength(MAX_ATTEMPTS + 1);
  });

  it('is sent again when it is replayed, by itself or with all that are dead', async () => {
    await aThread(app.a);
    const dead = await letDie();
    receiver.accept();

    const replayed = ok(await app.a.post(`${ENDPOINTS}/${endpoint.id}/deliveries/${dead.id}/replay`));
    expect(replayed).toEqual({ ...dead, status: 'pending', attempts: 0 });
    await untilDeliveries(app.a, endpoint.id, 'succeeded', 1);

    await app.database.query(`UPDATE webhook_deliveries SET status = 'dead' WHERE endpoint_id = $1`, [endpoint.id]);
    const all = await app.a.post(`${ENDPOINTS}/${endpoint.id}/deliveries/replay`);
    expect(ok(all)).toEqual({ id: endpoint.id, object: 'webhook_endpoint.replay', replayed: 1 });
    await untilDeliveries(app.a, endpoint.id, 'succeeded', 1);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect([ids.length, new Set(ids)]).toEqual([MAX_ATTEMPTS + 2, new Set([dead.id])]);
  });
});

describe('a receiver', () => {
  it('that answers 410 is sent nothing more', async () => {
    receiver.refuse(410);
    await aThread(app.a);
    await until(async () => !ok(await app.a.get(`${ENDPOINTS}/${endpoint.id}`)).enabled);
    await aThread(app.a);
    await makeDue(app, endpoint.id);

    const { secret, ...shown } = endpoint;
    expect(ok(await app.a.get(`${ENDPOINTS}/${endpoint.id}`))).toEqual({
      ...shown,
      enabled: false,
      disabled_reason: 'gone',
    });
    receiver.accept();
    expect(ok(await app.a.post(`${ENDPOINTS}/${endpoint.id}`, { enabled: true }))).toEqual(shown);
    await untilDeliveries(app.a, endpoint.id, 'succeeded', 2);
    expect(secret).toMatch(/^whsec_/);
  });

  // What breaks it: attempts one after the other, or one limit for the attempts of all endpoints.
  it('that never answers holds up no other, and gets no more than four at once', async () => {
    const silent = receiver;
    silent.answer = () => undefined;
    const fast = await Receiver.start();
    const { id } = await anEndpoint(app.a, fast);
    for (let count = 0; count < 20; count++) await aThread(app.a);
    await untilDeliveries(app.a, id, 'succeeded', 20);

    expect([silent.received.length, fast.received.length]).toEqual([4, 20]);
    ok(await app.a.delete(`${ENDPOINTS}/${id}`));
    await fast.close();
  });
});
