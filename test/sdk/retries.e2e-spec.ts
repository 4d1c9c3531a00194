import { createServer, request as sendRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { startApp, type TestApp } from '../support/app.js';

/** A way to the server on which the first answer to a POST is lost, after the server has given it. */
async function losesFirstAnswer(url: string): Promise<Server> {
  let hasLost = false;
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers, url: path } = incoming;
    const onward = sendRequest(new URL(path ?? '', url), { method, headers }, (answer) => {
      if (method === 'POST' && !hasLost) {
        hasLost = true;
        answer.resume().on('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

describe('the openai package, whose first answer is lost', () => {
  let app: TestApp;
  let proxy: Server;
  let client: OpenAI;

  beforeEach(async () => {
    app = await startApp();
    proxy = await losesFirstAnswer(app.url);
    const { port } = proxy.address() as AddressInfo;
    client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: app.a.key });
  });

  afterEach(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await app.close();
  });

  const stored = async (): Promise<string[]> =>
    (await app.database.query<{ id: string }>('SELECT id FROM threads')).map(({ id }) => id);

  // The line of README.md. Broken by a server that ignores the header: there are two threads.
  it('leaves one thread with the line that makes it send an Idempotency-Key', async () => {
    Object.assign(client, { idempotencyHeader: 'Idempotency-Key' });

    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });

    expect(await stored()).toEqual([thread.id]);
  });

  it('leaves one thread when the call carries a key of its own', async () => {
    const thread = await client.beta.threads.create({}, { headers: { 'Idempotency-Key': 'order-4711' } });

    expect(await stored()).toEqual([thread.id]);
  });

  // What the line is for. It also shows that the proxy above loses an answer.
  it('leaves two without, as with OpenAI', async () => {
    await client.beta.threads.create();

    expect(await stored()).toHaveLength(2);
  });
});
