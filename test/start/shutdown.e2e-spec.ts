import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { Installation, isAlive, type ServerProcess, STARTS_TIMEOUT_MS, statusOf, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

describe('node dist/main.js, asked to stop', () => {
  let installation: Installation;
  let server: ServerProcess;
  let apiKey: string;

  beforeEach(async () => {
    installation = await Installation.make();
    server = await installation.start();
    apiKey = (await installation.read('api-key')).trim();
  });

  afterEach(() => installation.remove());

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
});
