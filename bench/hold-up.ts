// npm run bench:hold-up: how long a start takes, and how long the largest and the most hostile bodies hold others up.
import { request } from 'node:http';
import { KEY, openArena } from './arena.js';
import { PROJECT } from './data.js';
import { residentMb, startThreadstore } from './processes.js';

const LIMIT = 36 * 1024 * 1024;
const PAUSE_MS = 500;

const arena = await openArena();
const { db, threadstore } = arena;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a request on a connection that is kept, and gives its status and how long it took. */
function send(method: string, path: string, body?: Buffer): Promise<{ readonly status: number; readonly ms: number }> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port: threadstore.port,
        host: '127.0.0.1',
        method,
        path,
        headers: {
          authorization: `Bearer ${KEY}`,
          ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode!, ms: performance.now() - start }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The longest that a GET by another client takes while `body` is sent and answered. */
async function holdUp(name: string, path: string, body: Buffer): Promise<void> {
  const over = new AbortController();
  const others = async (): Promise<number[]> => {
    const latencies: number[] = [];
    while (!over.signal.aborted) latencies.push((await send('GET', '/v1/threads/thread_other')).ms);
    return latencies;
  };
  const watching = others();
  await wait(PAUSE_MS);
  const { status, ms } = await send('POST', path, body);
  await wait(PAUSE_MS);
  over.abort();
  const worst = Math.max(...(await watching));
  console.log(
    `| ${name} | ${(body.length / 2 ** 20).toFixed(1)} MiB | ${status} | ${ms.toFixed(0)} ms | ${worst.toFixed(0)} ms |`,
  );
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const fill = (unit: string, around: readonly [string, string]): Buffer => {
  const count = Math.floor((LIMIT - around[0].length - around[1].length) / Buffer.byteLength(unit));
  return Buffer.from(around[0] + unit.repeat(count).slice(0, -1) + around[1]);
};
/** So many items, each unlike all others. */
const list = (count: number, item: (index: number) => string, around: readonly [string, string]): Buffer =>
  Buffer.from(around[0] + Array.from({ length: count }, (_, index) => item(index)).join() + around[1]);
const emoji = '😀'.repeat(256_000);
const ofParts = (count: number): Buffer =>
  json({ messages: [{ role: 'user', content: Array.from({ length: count }, () => ({ type: 'text', text: emoji })) }] });
const message = { role: 'user', content: emoji };

try {
  await db.query(
    `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
     VALUES ($1, 'thread_other', now(), '{}', '{}', 0)`,
    [PROJECT],
  );
  console.log('| body | size | answer | answered after | others waited at most |');
  console.log('|---|---|---|---|---|');
  for (let round = 0; round < 3; round++) {
    await holdUp(
      '32 messages of 256,000 emoji',
      '/v1/threads',
      json({ messages: Array.from({ length: 32 }, () => message) }),
    );
    await holdUp('32 such texts in one message', '/v1/threads', ofParts(32));
    await holdUp('8 such texts in one message', '/v1/threads', ofParts(8));
    await holdUp('tiny objects', '/v1/threads', fill('{},', ['{"messages":[', ']}']));
    await holdUp('arrays in each other', '/v1/threads', fill('[,', ['{"messages":', '}']));
    await holdUp(
      'file ids',
      '/v1/threads',
      fill('"file-1",', ['{"tool_resources":{"file_search":{"vector_stores":[{"file_ids":[', ']}]}}}']),
    );
    await holdUp(
      'a string of escapes',
      '/v1/threads',
      fill('\\u0041x', ['{"messages":[{"role":"user","content":"', '"}]}']),
    );
    await holdUp('keys of metadata', '/v1/threads', fill('"k":1,', ['{"metadata":{', '}}']));
    await holdUp(
      '131,000 long names',
      '/v1/threads',
      list(131_000, (index) => `"${'\\u4e00'.repeat(40)}${index}":{}`, ['{"metadata":{', '}}']),
    );
    await holdUp(
      '65,000 objects of a name each',
      '/v1/threads',
      list(65_000, (index) => `{"${'x'.repeat(500)}${index}":1}`, ['{"messages":[', ']}']),
    );
    await holdUp(
      'texts of 32 messages as escapes',
      '/v1/threads',
      list(32, () => `{"role":"user","content":"${'\\u4e00'.repeat(187_000)}"}`, ['{"messages":[', ']}']),
    );
    await holdUp('one message', '/v1/threads/thread_other/messages', json(message));
  }
  console.log(`\nMemory of Threadstore: ${residentMb(threadstore.pid).peak.toFixed(0)} MB at most.`);

  await threadstore.end();
  const starts: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const again = await startThreadstore(arena.dataDir);
    starts.push(performance.now() - start);
    await again.end();
  }
  console.log(`Start with an existing store, to the banner: ${starts.map((ms) => ms.toFixed(0)).join(', ')} ms.`);
} finally {
  await arena.close();
}
