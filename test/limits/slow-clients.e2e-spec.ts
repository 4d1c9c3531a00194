import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aMessage, aThread, refusal } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, statusOf, until } from '../support/process.js';
import { sorted } from '../support/statuses.js';
import { trickle } from '../support/slow-client.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

const TOO_LARGE = 'The request body is too large: at most 1048576 bytes are accepted here.';

const SLOW_CLIENTS = 1_200;

/** Promises: what 99 of 100 requests take while others are slow, and what those may cost the server. */
const WITHOUT_HASTE_MS = 1_000;
const MOST_MEMORY = 150 * MIB;

let database: TestDatabase;
let installation: Installation;
let server: ServerProcess;
let client: Client;

beforeAll(async () => {
  database = await createDatabase();
  installation = await Installation.make();
  const key = 'sk-ts-test-key-of-limits';
  server = await installation.start({ DATABASE_URL: database.url, MIGRATE: 'off', API_KEY: key });
  client = new Client(server.url, key);
}, STARTS_TIMEOUT_MS);

afterAll(async () => {
  await installation.remove();
  await database.drop();
});

/** The most that the server has had in memory; undefined where the system does not say. */
async function mostMemory(): Promise<number | undefined> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Calls until `done` settles, and gives what the calls took, sorted. */
async function callWhile(done: Promise<unknown>): Promise<number[]> {
  const durations: number[] = [];
  const isDone = { now: false };
  void done.finally(() => (isDone.now = true));
  const { id } = await aThread(client);
  while (!isDone.now) {
    const start = performance.now();
    expect((await client.get(`/v1/threads/${id}`)).status).toBe(200);
    durations.push(performance.now() - start);
  }
  return sorted(durations);
}

describe('slow clients, more than a thousand at once', () => {
  // Breaks without a time for headers: they would stay for a minute. Nothing is to wait for a client.
  it('are cut off, and nobody else notices', async () => {
    const before = await mostMemory();
    const head = `POST /v1/threads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${client.key}\r\n`;
    const slowBody = `${head}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`;
    const patience = new AbortController();
    const bodies = Array.from({ length: SLOW_CLIENTS / 2 }, () => trickle(server.url, slowBody, ' ', patience.signal));
    const heads = Array.from({ length: SLOW_CLIENTS / 2 }, () => trickle(server.url, head, 'X-A: b\r\n'));

    const durations = await callWhile(Promise.all(heads));

    const cuts = await Promise.all(heads);
    expect(cuts.filter(({ status }) => status !== 408)).toEqual([]);
    expect(durations.length).toBeGreaterThan(20);
    expect(durations[Math.floor(durations.length * 0.99)]).toBeLessThan(WITHOUT_HASTE_MS);
    expect(((await mostMemory()) ?? 0) - (before ?? 0)).toBeLessThan(MOST_MEMORY);
    patience.abort();
    await Promise.all(bodies);
  });
});

/** Sends 1 GiB in chunks, whatever is answered, until it is cut off. */
function pour(path: string): Promise<{ answer: string; sentBefore: number; sent: number }> {
  const { hostname, port } = new URL(server.url);
  const chunk = Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), Buffer.alloc(MIB, ' '), Buffer.from('\r\n')]);
  return new Promise((resolve) => {
    let [answer, sentBefore, sent] = ['', 0, 0];
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${client.key}\r\n` +
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const pouring = setInterval(() => {
      if (sent === GIB || socket.writableNeedDrain) return;
      socket.write(chunk);
      sent += MIB;
    }, 5);
    socket.setEncoding('utf8').on('data', (text: string) => {
      sentBefore ||= sent;
      answer += text;
    });
    // A connection that is reset is closed too.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(pouring);
      resolve({ answer, sentBefore, sent });
    });
  });
}

describe('a body of 1 GiB in chunks', () => {
  // Breaks when a body is kept before it is measured, or read to its end before it is refused.
  it('is refused soon after its limit, takes no memory, and is cut off', async () => {
    const { id } = await aThread(client);
    const before = await mostMemory();

    const poured = await Promise.all(Array.from({ length: 4 }, () => pour(`/v1/threads/${id}`)));

    for (const { answer, sentBefore, sent } of poured) {
      const [headers, body = ''] = answer.split('\r\n\r\n');
      expect(headers).toMatch(/^HTTP\/1.1 413 /);
      expect(JSON.parse(body)).toEqual(refusal(TOO_LARGE, null, 'request_too_large'));
      expect(sentBefore).toBeLessThan(32 * MIB);
      expect(sent).toBeLessThan(GIB);
    }
    expect(((await mostMemory()) ?? 0) - (before ?? 0)).toBeLessThan(MOST_MEMORY);
    expect(await statusOf(`${server.url}/health/live`)).toBe(200);
  });
});

/** Asks for something and reads nothing of it. */
function ask(path: string): Socket {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${client.key}\r\n\r\n`);
  return socket.on('error', () => undefined);
}

const contentOf = (texts: number) => Array.from({ length: texts }, () => ({ type: 'text', text: 'x'.repeat(240_000) }));

describe('large answers that are not read', () => {
  let page: string;

  beforeAll(async () => {
    const { id } = await aThread(client);
    for (let i = 0; i < 8; i++) await aMessage(client, id, { content: contentOf(4) });
    page = `/v1/threads/${id}/messages`;
  });

  // Breaks when an answer is counted for a client that has gone before: nobody takes it off again.
  it('are none of clients that have gone before', async () => {
    for (let delay = 0; delay < 40; delay++) {
      const socket = ask(page);
      await setTimeout(delay);
      socket.destroy();
    }

    await until(async () => (await client.get(page)).status === 200);
    expect((await client.get(page)).status).toBe(200);
  });

  // Breaks without a limit of what is kept for clients: each page takes 18 MB.
  it('are kept up to a limit, and what was stored is never refused for it', async () => {
    const before = await mostMemory();

    const sockets: Socket[] = [];
    while ((await client.get(page)).status === 200 && sockets.length < 40) sockets.push(ask(page));

    const refused = await client.get(page);
    expect([refused.status, refused.body]).toEqual([
      503,
      {
        error: {
          message:
            'The server is temporarily unable to answer: Other clients have not read their answers. ' +
            'Please try again shortly.',
          type: 'server_error',
          param: null,
          code: 'service_unavailable',
        },
      },
    ]);
    expect(sockets.length).toBeLessThan(15);
    const shorter = `${page}?limit=5`;
    while ((await client.get(shorter)).status === 200 && sockets.length < 20) sockets.push(ask(shorter));
    expect(sockets.length).toBeLessThan(20);
    expect((await client.post(page, { role: 'user', content: contentOf(9) })).status).toBe(200);
    expect((await client.get(`${page}?order=asc&limit=1`)).status).toBe(200);
    expect(((await mostMemory()) ?? 0) - (before ?? 0)).toBeLessThan(3 * MOST_MEMORY);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await client.get(page)).status === 200);
  });
});
