import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aThread, refusal } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, statusOf } from '../support/process.js';
import { trickle } from '../support/slow-client.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

const SLOW_CLIENTS = 1_200;

/** Promises: what a request may take while others are slow, and what they may cost the server. */
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

/** What the server has in memory; undefined where the system does not say. */
async function memory(): Promise<number | undefined> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '');
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Calls until `done` settles, and gives what each call took. */
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
  return durations;
}

describe('slow clients, more than a thousand at once', () => {
  // Breaks without a time for headers: they would stay for a minute. Nothing is to wait for a client.
  it('are cut off, and nobody else notices', async () => {
    const before = await memory();
    const head = `POST /v1/threads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${client.key}\r\n`;
    const slowBody = `${head}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`;
    const patience = new AbortController();
    const bodies = Array.from({ length: SLOW_CLIENTS / 2 }, () => trickle(server.url, slowBody, ' ', patience.signal));
    const heads = Array.from({ length: SLOW_CLIENTS / 2 }, () => trickle(server.url, head, 'X-A: b\r\n'));

    const durations = await callWhile(Promise.all(heads));

    const cuts = await Promise.all(heads);
    expect(cuts.filter(({ status }) => status !== 408)).toEqual([]);
    expect(durations.length).toBeGreaterThan(20);
    expect(Math.max(...durations)).toBeLessThan(WITHOUT_HASTE_MS);
    expect(((await memory()) ?? 0) - (before ?? 0)).toBeLessThan(MOST_MEMORY);
    patience.abort();
    await Promise.all(bodies);
  });
});

/** Sends 1 GiB in chunks to whoever takes it, and says what came of it. */
function pour(path: string): Promise<{ status: number | undefined; body: unknown; sentBefore: number; sent: number }> {
  const piece = Buffer.alloc(MIB, ' ');
  return new Promise((resolve) => {
    let sent = 0;
    let answer: { status: number | undefined; body: unknown; sentBefore: number } | undefined;
    const headers = { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' };
    const sending = request(server.url + path, { method: 'POST', headers, agent: false }, (response) => {
      const sentBefore = sent;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => (answer = { status: response.statusCode, body: JSON.parse(text), sentBefore }));
    });
    const pouring = setInterval(() => {
      if (sent === GIB || sending.writableNeedDrain) return;
      sending.write(piece);
      sent += MIB;
    }, 5);
    sending.on('error', () => undefined);
    sending.on('close', () => {
      clearInterval(pouring);
      resolve({ status: undefined, body: undefined, sentBefore: sent, ...answer, sent });
    });
  });
}

describe('a body of 1 GiB in chunks', () => {
  // Breaks when a body is kept before it is measured, or read to its end before it is refused.
  it('is refused soon after its limit, takes no memory, and is cut off', async () => {
    const { id } = await aThread(client);
    const before = await memory();

    const poured = await Promise.all(Array.from({ length: 4 }, () => pour(`/v1/threads/${id}`)));

    const tooLarge = 'The request body is too large: at most 1048576 bytes are accepted here.';
    for (const { status, body, sentBefore, sent } of poured) {
      expect([status, body]).toEqual([413, refusal(tooLarge, null, 'request_too_large')]);
      expect(sentBefore).toBeLessThan(32 * MIB);
      expect(sent).toBeLessThan(GIB);
    }
    expect(((await memory()) ?? 0) - (before ?? 0)).toBeLessThan(MOST_MEMORY);
    expect(await statusOf(`${server.url}/health/live`)).toBe(200);
  });
});
