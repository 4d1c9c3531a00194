import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';
import { freePort, run, STARTS_TIMEOUT_MS } from '../support/process.js';
import { Program } from './program.js';

let app: GrpcTestApp;
let service: Program;

const start = (address: string): Promise<Program> =>
  Program.start(['examples/nestjs-grpc/dist/main.js'], { THREADSTORE_GRPC: address, OPENAI_API_KEY: app.a.key! });

beforeAll(async () => {
  app = await startGrpcApp();
  const compiled = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples/nestjs-grpc']);
  if (compiled.code !== 0) throw new Error(compiled.stdout);
  service = await start(app.address);
}, STARTS_TIMEOUT_MS);

afterAll(async () => {
  await service.end();
  await app.close();
});

async function ask(path: string, body?: object, { url } = service, headers: Record<string, string> = {}) {
  const response = await fetch(url + path, {
    method: body ? 'POST' : 'GET',
    headers: body ? { 'content-type': 'application/json', ...headers } : {},
    body: JSON.stringify(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

describe('the service that consumes by gRPC', () => {
  it('keeps its tickets as threads', async () => {
    const { body: ticket } = await ask('/tickets', { customer: 'abc123', text: 'It does not start.' });
    const { body: reply } = await ask(`/tickets/${ticket.id}/replies`, { text: 'Is it plugged in?' });

    expect(ticket).toEqual({ id: expect.stringMatching(/^thread_/), customer: 'abc123' });
    expect(reply).toEqual({ id: expect.stringMatching(/^msg_/) });
    expect(await ask(`/tickets/${ticket.id}`)).toEqual({
      status: 200,
      body: {
        id: ticket.id,
        messages: [
          { from: 'customer', text: 'It does not start.' },
          { from: 'support', text: 'Is it plugged in?' },
        ],
      },
    });
    expect((await app.a.get(`/v1/threads/${ticket.id}`)).body.metadata).toEqual({ customer: 'abc123' });
  });

  // Breaks when the key of the caller is not handed on.
  it('opens one ticket for callers with the same key', async () => {
    const ticket = { customer: 'abc123', text: 'Twice' };
    const key = { 'idempotency-key': 'ticket-1' };

    const [one, other] = [await ask('/tickets', ticket, service, key), await ask('/tickets', ticket, service, key)];

    expect(one.status).toBe(201);
    expect(other).toEqual(one);
  });

  it('says what Threadstore refuses', async () => {
    expect(await ask('/tickets/thread_abc123')).toEqual({
      status: 404,
      body: { statusCode: 404, message: "No thread found with id 'thread_abc123'." },
    });
    expect(await ask('/tickets', { customer: 'abc123', text: '' })).toMatchObject({ status: 400 });
  });

  // Breaks when a call has no deadline.
  it('does not wait for a Threadstore that is silent', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const waiting = await start(`127.0.0.1:${(silent.address() as AddressInfo).port}`);

    expect((await ask('/tickets/thread_abc123', undefined, waiting)).status).toBe(504);

    await waiting.end();
    silent.close();
  });

  it('is unavailable where there is no Threadstore', async () => {
    const alone = await start(`127.0.0.1:${await freePort()}`);

    expect((await ask('/tickets/thread_abc123', undefined, alone)).status).toBe(503);

    await alone.end();
  });
});
