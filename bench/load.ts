// The load generator, a process of its own. It writes ready-made HTTP/1.1 requests to plain sockets and reads no more
// of an answer than its status and length, so that it takes little of the machine: see bench/README.md.
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

export interface Load {
  readonly port: number;
  readonly concurrency: number;
  readonly seconds: number;
  readonly method: string;
  /** What stands before and after the target in the path. */
  readonly path: readonly [string, string];
  /** Ids, of which each request takes one at random; with `once` each is taken once, in order. */
  readonly targets: readonly string[];
  readonly once: boolean;
  readonly key: string;
  readonly body: string;
}

export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly cpuSeconds: number;
}

const HEAD_END = '\r\n\r\n';

async function run(load: Load): Promise<Measured> {
  const latencies: number[] = [];
  const body = load.body ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(load.body)}\r\n` : '';
  const tail = ` HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${load.key}\r\n${body}\r\n${load.body}`;
  let next = 0;
  const target = (): string | undefined =>
    load.once ? load.targets[next++] : load.targets[Math.floor(Math.random() * load.targets.length)];

  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + load.seconds * 1000;

  const client = async (): Promise<void> => {
    const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    await new Promise<void>((resolve, reject) => {
      let sentAt = 0;
      let received = '';
      const send = (): void => {
        const id = performance.now() < end ? target() : undefined;
        if (id === undefined) return resolve();
        sentAt = performance.now();
        socket.write(`${load.method} ${load.path[0]}${id}${load.path[1]}${tail}`, 'latin1');
      };
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        const headEnd = received.indexOf(HEAD_END);
        if (headEnd < 0) return;
        const length = /content-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1];
        if (received.length < headEnd + HEAD_END.length + Number(length ?? 0)) return;
        if (!received.startsWith('HTTP/1.1 200')) return reject(new Error(`Not 200: ${received.slice(0, 2000)}`));
        latencies.push(performance.now() - sentAt);
        received = '';
        send();
      });
      socket.on('error', reject);
      socket.on('end', () => reject(new Error('The server closed a connection.')));
      send();
    });
    socket.removeAllListeners('end').destroy();
  };

  await Promise.all(Array.from({ length: load.concurrency }, client));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const sorted = Float64Array.from(latencies).toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { requests: sorted.length, seconds, p50: at(0.5), p99: at(0.99), cpuSeconds: (user + system) / 1e6 };
}

process.on('message', (load: Load) => {
  run(load).then(
    (measured) => process.send?.({ measured }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
// A bench that was killed leaves no generator behind.
process.on('disconnect', () => process.exit());
await setTimeout(0);
process.send?.({ ready: true });
