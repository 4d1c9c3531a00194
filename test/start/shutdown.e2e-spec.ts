import { once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { Installation, isAlive, type ServerProcess, STARTS_TIMEOUT_MS, statusOf, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const CROWD = 200;
const SLOW_MS = 3_000;

/** For requests to arrive, or a signal. */
const ARRIVAL_MS = 400;

describe('node dist/main.js, asked to stop', () => {
  let installation: Installation;
  let server: ServerProcess;
  let apiKey: string;

  beforeAll(async () => {
    installation = await Installation.make();
  });

  beforeEach(async () => {
    server = await installation.start();
    apiKey = (await installation.read('api-key')).trim();
  });

  afterEach(() => installation.end());

  afterAll(() => installation.remove());

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at %s, without an error, and PostgreSQL with it', async (signal) => {
    const postgres = (await installation.postgresPid())!;
    await aThread(new Client(server.url, apiKey));

    const ended = await server.end(signal);

    expect(ended).toEqual({ code: 0, stdout: server.stdout, stderr: '' });
    expect(await installation.postgresPid()).toBeUndefined();
    expect(await isAlive(postgres)).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['half of the headers', 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n'],
  ])('is not held up by a connection that sent %s', async (_, sent) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(sent);

    const ended = await server.end('SIGTERM');

    expect(ended.code).toBe(0);
    socket.destroy();
  });

  it('answers a request that has begun, and stores it', async () => {
    const body = JSON.stringify({ metadata: { sent: 'while the server stops' } });
    // With `Expect: 100-continue` the server says when it has begun.
    const posted = request(`${server.url}/v1/threads`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        expect: '100-continue',
      },
    });
    const answered = once(posted, 'response');
    posted.flushHeaders();
    await once(posted, 'continue');

    const ended = server.end('SIGTERM');
    await until(async () => (await statusOf(`${server.url}/health/live`)) === undefined);
    posted.end(body);

    const [response] = (await answered) as [IncomingMessage];
    const thread = JSON.parse((await response.setEncoding('utf8').toArray()).join(''));
    expect(response.statusCode).toBe(200);
    expect(response.headers.connection).toBe('close');
    expect((await ended).code).toBe(0);
    const { url } = await installation.start();
    expect((await new Client(url, apiKey).get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    expect(thread.metadata).toEqual({ sent: 'while the server stops' });
  });

  it('answers 200 requests that have begun and a slow one, whoever else has a connection open', async () => {
    const idle = new Agent({ keepAlive: true });
    const kept = Array.from({ length: CROWD }, () => get(`${server.url}/health/live`, { agent: idle }));
    await Promise.all(kept.map(async (sent) => (await responseTo(sent)).resume()));
    const late = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(late, 'connect');
    const begun = await Promise.all(Array.from({ length: CROWD + 1 }, () => begin(server, apiKey)));
    const [slow, ...quick] = begun;

    const ended = server.end('SIGTERM');
    await until(async () => (await statusOf(`${server.url}/health/live`)) === undefined);
    await until(async () => Object.keys(idle.freeSockets).length === 0);
    // A connection that was there before can still ask.
    late.write('GET /v1/threads HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const refused = (await late.setEncoding('utf8').toArray()).join('');
    const answers = await Promise.all(quick.map((each) => each.finish()));
    await setTimeout(SLOW_MS);
    answers.push(await slow!.finish());

    expect(answers).toEqual(answers.map(() => ({ status: 200, connection: 'close' })));
    expect(refused).toMatch(/^HTTP\/1.1 503 [^]*\r\nconnection: close\r\n[^]*\r\nretry-after: 1\r\n/);
    expect(refused).toContain('"message":"The server is temporarily unable to answer: It is being stopped.');
    expect((await ended).code).toBe(0);
    const { url } = await installation.start();
    const page = (await new Client(url, apiKey).get('/v1/threads?limit=100')).body;
    expect([page.data.length, page.has_more]).toEqual([100, true]);
  });

  // Breaks: to close a connection with the first of its answers.
  it('answers all requests that were sent at once on one connection', async () => {
    const { id } = await aThread(new Client(server.url, apiKey));
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const append = (text: string): string => {
      const body = JSON.stringify({ role: 'user', content: text });
      const headers = `Host: localhost\r\nAuthorization: Bearer ${apiKey}\r\nContent-Type: application/json\r\n`;
      return `POST /v1/threads/${id}/messages HTTP/1.1\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
    };
    const release = await installation.lockThreads();
    socket.write(Array.from({ length: 20 }, (_, i) => append(`text ${i}`)).join(''));
    await setTimeout(ARRIVAL_MS);

    const ended = server.end('SIGTERM');
    await setTimeout(ARRIVAL_MS);
    await release();

    const answers = (await socket.setEncoding('utf8').toArray()).join('');
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(Array.from({ length: 20 }, () => 'HTTP/1.1 200'));
    expect(answers.match(/"value":"[^"]+"/g)).toEqual(Array.from({ length: 20 }, (_, i) => `"value":"text ${i}"`));
    expect((await ended).code).toBe(0);
  });

  it('gives a request up that does not end, and leaves a PostgreSQL that needs no recovery', async () => {
    await server.end('SIGTERM');
    const loggedBefore = await installation.read('postgres/server.log');
    server = await installation.start({ SHUTDOWN_TIMEOUT: '2' });
    await begin(server, apiKey);
    const begunAt = Date.now();

    const { code } = await server.end('SIGTERM');

    expect(code).toBe(0);
    expect(Date.now() - begunAt).toBeLessThan(5_000);
    await (await installation.start()).end('SIGTERM');
    const logged = (await installation.read('postgres/server.log')).slice(loggedBefore.length);
    expect(logged).not.toMatch(/not properly shut down|was interrupted/);
  });

  it('ends at once when it is asked again', async () => {
    await begin(server, apiKey);
    const ended = server.end('SIGTERM');
    await until(async () => (await statusOf(`${server.url}/health/live`)) === undefined);

    await server.end('SIGTERM');

    expect((await ended).code).toBe(1);
  });
});

interface Begun {
  /** Sends the rest, and tells the answer. */
  finish(): Promise<{ status: number | undefined; connection: string | undefined }>;
}

/** Sends the headers of a new thread, and waits until the server asks for the body. */
async function begin(server: ServerProcess, apiKey: string): Promise<Begun> {
  const posted = request(`${server.url}/v1/threads`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'content-length': 2,
      expect: '100-continue',
    },
  });
  // The server may be ended before it has answered.
  posted.on('error', () => undefined);
  posted.flushHeaders();
  await once(posted, 'continue');
  return {
    finish: async () => {
      posted.end('{}');
      const response = await responseTo(posted);
      response.resume();
      return { status: response.statusCode, connection: response.headers.connection };
    },
  };
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}
