import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { freePort } from '../support/process.js';
import { anEndpoint, ENDPOINTS, TO_LOOPBACK, untilDeliveries } from '../webhooks/fixtures.js';
import { Program } from './program.js';

let app: TestApp;
let receiver: Program;
let endpointId: string;

beforeAll(async () => {
  app = await startApp(TO_LOOPBACK);
  const port = String(await freePort());
  const { id, secret } = await anEndpoint(app.a, { url: `http://127.0.0.1:${port}` });
  endpointId = id;
  receiver = await Program.start(['examples/webhook-receiver.mjs'], {
    PORT: port,
    OPENAI_BASE_URL: `${app.url}/v1`,
    OPENAI_API_KEY: app.a.key!,
    OPENAI_WEBHOOK_SECRET: secret,
  });
});

afterAll(async () => {
  await receiver.end();
  await app.close();
});

// Breaks when the receiver forgets the `webhook-id`s that it has had.
it('looks up what is new, each event once', async () => {
  const { id: threadId } = await aThread(app.a);
  await aMessage(app.a, threadId, { content: 'One' });
  await aMessage(app.a, threadId, { role: 'assistant', content: 'Two' });
  await receiver.until(3);
  const [newest] = await untilDeliveries(app.a, endpointId, 'succeeded', 3);

  ok(await app.a.post(`${ENDPOINTS}/${endpointId}/deliveries/${newest.id}/replay`));
  await untilDeliveries(app.a, endpointId, 'succeeded', 3);
  await app.a.delete(`/v1/threads/${threadId}`);

  expect(await receiver.until(4)).toEqual([
    `Listening on ${receiver.url}`,
    'user: One',
    'assistant: Two',
    `${threadId} was deleted`,
  ]);
  expect(receiver.stderr).toBe('');
});

// Breaks when the receiver takes a body without looking at its signature.
it('refuses what Threadstore did not sign', async () => {
  const body = JSON.stringify({ type: 'thread.deleted', data: { id: 'thread_forged' } });
  const now = String(Math.floor(Date.now() / 1000));
  const signature = `v1,${Buffer.alloc(32).toString('base64')}`;
  const headers = { 'webhook-id': 'wd_forged', 'webhook-timestamp': now, 'webhook-signature': signature };

  const answers = await Promise.all(
    [headers, {}].map((sent: Record<string, string>) => fetch(receiver.url, { method: 'POST', headers: sent, body })),
  );

  expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  expect(receiver.lines.join()).not.toContain('forged');
});
