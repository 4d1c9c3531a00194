import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import type { Answer } from '../support/client.js';
import { anEndpoint, ENDPOINTS, TO_LOOPBACK, untilDeliveries } from './fixtures.js';
import { type Received, Receiver } from './receiver.js';

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

const sdk = new OpenAI({ apiKey: 'unused' });

const unwrap = ({ body, headers }: Received, secret: string): Promise<unknown> =>
  sdk.webhooks.unwrap(body, headers, secret);

const typesOf = (some: Receiver): string[] => some.events.map(({ type }) => type);

const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;
const WRONG_SIGNATURE = 'The given webhook signature does not match the expected signature';

describe('what happens to a thread', () => {
  // What breaks it: another body, header, encoding of the secret or scheme of the signature than Standard Webhooks has.
  it('is posted, signed so that the SDK of OpenAI verifies it', async () => {
    const thread = await aThread(app.a, { messages: [{ role: 'user', content: 'Said in private' }] });
    const [first, second] = await receiver.has(2);
    const [newest] = await untilDeliveries(app.a, endpoint.id, 'succeeded', 2);

    expect(await unwrap(first!, endpoint.secret)).toEqual({
      id: expect.stringMatching(/^evt_\d{16}$/),
      object: 'event',
      created_at: thread.created_at,
      type: 'thread.created',
      data: { id: thread.id, object: 'thread', version: 1 },
    });
    expect(await unwrap(second!, endpoint.secret)).toEqual(newest.event);
    expect(newest).toEqual({
      id: `wd_${endpoint.id.slice(3)}_${newest.event.id.slice(4)}`,
      object: 'webhook_delivery',
      webhook_endpoint_id: endpoint.id,
      status: 'succeeded',
      attempts: 1,
      last_attempt_at: expect.any(Number),
      last_status: 204,
      last_error: null,
      next_attempt_at: null,
      event: {
        id: expect.any(String),
        object: 'event',
        created_at: thread.created_at,
        type: 'thread.message.created',
        data: { id: expect.stringMatching(/^msg_/), object: 'thread.message', thread_id: thread.id, version: 1 },
      },
    });
    expect([second!.path, second!.headers]).toEqual([
      '/hook',
      {
        host: new URL(receiver.url).host,
        connection: 'close',
        'content-type': 'application/json',
        'content-length': String(second!.body.length),
        'user-agent': 'Threadstore',
        'webhook-id': newest.id,
        'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
        'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
      },
    ]);
  });

  // What breaks it: a signature that leaves out the body, the id or the time.
  it('is not taken with another secret, nor with anything changed', async () => {
    await aThread(app.a);
    const [received] = await receiver.has(1);
    const { body, headers } = received!;
    const later = String(Number(headers['webhook-timestamp']) + 1);

    for (const [forged, secret] of [
      [received!, `whsec_${Buffer.alloc(32).toString('base64')}`],
      [{ ...received!, body: body.replace('thread.created', 'thread.deleted') }, endpoint.secret],
      [{ ...received!, headers: { ...headers, 'webhook-id': 'wd_another' } }, endpoint.secret],
      [{ ...received!, headers: { ...headers, 'webhook-timestamp': later } }, endpoint.secret],
    ] as const) {
      await expect(unwrap(forged, secret)).rejects.toThrow(WRONG_SIGNATURE);
    }
  });

  it('is posted in its order, each change of a thread after the one before', async () => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);
    ok(await app.a.post(`/v1/threads/${thread.id}/messages/${message.id}`, { metadata: { a: 'b' } }));
    ok(await app.a.post(`/v1/threads/${thread.id}`, { metadata: { a: 'b' } }));
    ok(await app.a.delete(`/v1/threads/${thread.id}/messages/${message.id}`));
    ok(await app.a.delete(`/v1/threads/${thread.id}`));
    await receiver.has(6);

    expect(typesOf(receiver)).toEqual([
      'thread.created',
      'thread.message.created',
      'thread.message.updated',
      'thread.updated',
      'thread.message.deleted',
      'thread.deleted',
    ]);
  });

  // What breaks it: a delivery that does not wait for an earlier one of its thread.
  it('waits for what happened before in its thread, while other threads go on', async () => {
    receiver.refuse(500);
    const thread = await aThread(app.a);
    await receiver.has(1);
    receiver.accept();
    await aMessage(app.a, thread.id);
    const other = await aThread(app.a);
    await receiver.has(2);
    const [message, created] = await untilDeliveries(app.a, endpoint.id, 'pending', 2);

    expect(receiver.events[1].data.id).toBe(other.id);
    expect([created.event.type, created.attempts, created.next_attempt_at]).toEqual([
      'thread.created',
      1,
      expect.any(Number),
    ]);
    expect([message.event.type, message.attempts, message.next_attempt_at]).toEqual([
      'thread.message.created',
      0,
      null,
    ]);

    ok(await app.a.post(`${ENDPOINTS}/${endpoint.id}/deliveries/${created.id}/replay`));
    await receiver.has(4);
    expect(typesOf(receiver)).toEqual(['thread.created', 'thread.created', 'thread.created', 'thread.message.created']);
  });
});

describe('an endpoint', () => {
  it('gets the types that it asks for, of its own project', async () => {
    const some = await Receiver.start();
    const { id } = await anEndpoint(app.a, some, { event_types: ['thread.deleted', 'thread.message.created'] });
    const thread = await aThread(app.a);
    await aThread(app.b);
    await aMessage(app.a, thread.id);
    ok(await app.a.delete(`/v1/threads/${thread.id}`));
    await Promise.all([receiver.has(3), some.has(2)]);

    expect([typesOf(receiver), typesOf(some)]).toEqual([
      ['thread.created', 'thread.message.created', 'thread.deleted'],
      ['thread.message.created', 'thread.deleted'],
    ]);
    expect(receiver.events.every(({ data }) => [data.id, data.thread_id].includes(thread.id))).toBe(true);
    ok(await app.a.delete(`${ENDPOINTS}/${id}`));
    await some.close();
  });

  it('gets nothing while it is disabled, and that afterwards', async () => {
    ok(await app.a.post(`${ENDPOINTS}/${endpoint.id}`, { enabled: false }));
    const missed = await aThread(app.a);
    const other = await Receiver.start();
    const { id } = await anEndpoint(app.a, other);
    const seen = await aThread(app.a);
    await other.has(1);
    expect([receiver.received, other.events[0].data.id]).toEqual([[], seen.id]);

    ok(await app.a.post(`${ENDPOINTS}/${endpoint.id}`, { enabled: true }));
    await receiver.has(2);
    expect(new Set(receiver.events.map(({ data }) => data.id))).toEqual(new Set([missed.id, seen.id]));
    ok(await app.a.delete(`${ENDPOINTS}/${id}`));
    await other.close();
  });
});

describe('POST …/rotate_secret', () => {
  // What breaks it: an old secret that stops at once, or never.
  it('signs with both secrets for a day, and then with the new one', async () => {
    const rotated = ok(await app.a.post(`${ENDPOINTS}/${endpoint.id}/rotate_secret`));
    expect(rotated).toEqual({ ...endpoint, secret: expect.stringMatching(SECRET) });
    expect(rotated.secret).not.toBe(endpoint.secret);

    await aThread(app.a);
    const [during] = await receiver.has(1);
    expect(during!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect(await unwrap(during!, rotated.secret)).toEqual(await unwrap(during!, endpoint.secret));

    const [row] = await app.database.query<{ hours: number }>(
      `UPDATE webhook_endpoints SET previous_secret_expires_at = now() WHERE id = $1
       RETURNING (SELECT round(extract(epoch FROM old.previous_secret_expires_at - now()) / 3600)::int
         FROM webhook_endpoints AS old WHERE old.id = $1) AS hours`,
      [endpoint.id],
    );
    expect(row).toEqual({ hours: 24 });
    await aThread(app.a);
    const [, after] = await receiver.has(2);
    expect(await unwrap(after!, rotated.secret)).toMatchObject({ type: 'thread.created' });
    await expect(unwrap(after!, endpoint.secret)).rejects.toThrow(WRONG_SIGNATURE);
  });

  it('is not needed for a secret to be kept in the dark: the database has none in the clear', async () => {
    const rows = await app.database.query<{ row: string }>(
      `SELECT row_to_json(e)::text || encode(secret, 'escape') AS row FROM webhook_endpoints AS e WHERE id = $1`,
      [endpoint.id],
    );

    expect(rows).toHaveLength(1);
    expect(rows[0]!.row).not.toContain(endpoint.secret.slice('whsec_'.length));
  });
});
