import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { MIB } from './body-limit.js';
import { readJsonBody } from './body.js';

const CHUNK = 64 * 1024;

/** How many turns others had while a body was read. */
let turns = 0;

const server = createServer((incoming, response) => {
  turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  void readJsonBody(incoming, 16 * MIB).then((value) => {
    isOver = true;
    response.end(JSON.stringify(value).length.toString());
  });
});
server.listen(0, '127.0.0.1');

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function send(body: string): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const sent = request({ port, method: 'POST', headers: { 'content-type': 'application/json' } });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

describe('readJsonBody', () => {
  // Breaks when chunks are read as fast as Node hands them out, which is up to 32 in one turn.
  it('leaves a turn to others after each chunk of a large body', async () => {
    const body = JSON.stringify({ text: 'a'.repeat(8 * MIB) });

    expect(await send(body)).toBe(String(body.length));
    expect(turns).toBeGreaterThanOrEqual(Math.floor(body.length / CHUNK));
  });
});
