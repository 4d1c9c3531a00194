// npm run bench:workers: how gets grow with processes, on a machine that has not a core for each. See bench/README.md.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { KEY, openArena } from './arena.js';
import { seed } from './data.js';
import { loadOf, OPERATIONS } from './operations.js';
import { childrenOf, type Contestant, familyCpuSeconds, startThreadstore } from './processes.js';
import { median } from './table.js';

/** Workers have one core, and PostgreSQL and the generator have another one. Linux with `taskset` only. */
const CORE = 0;
const OTHER_CORE = 1;

/** So many processes share the core of the workers: those that are no workers spin, so that each has a quarter. */
const SLOTS = 4;
const WORKERS = [1, 2, 3] as const;

const CONCURRENCY = 128;
const ROUNDS = 7;
const SECONDS = 3;
const WARM_UP_SECONDS = 8;

const get = OPERATIONS.find(({ name }) => name === 'get thread')!;

const pin = (pid: number, core: number): unknown =>
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)]);

interface Turn {
  readonly getsPerSecond: number;
  readonly cores: number;
  readonly micros: number;
}

const arena = await openArena({ DATABASE_POOL_SIZE: '40' });
const ids = await seed(arena.db, 100_000, 400);
const spinners = Array.from({ length: SLOTS - 1 }, () => spawn(process.execPath, ['--eval', 'for (;;);']));
const servers: Contestant[] = [];

async function measure({ port, pid }: Contestant, seconds: number): Promise<Turn> {
  const before = familyCpuSeconds(pid);
  const load = loadOf(get, get.targets(ids), { port, concurrency: CONCURRENCY, seconds, key: KEY });
  const measured = await arena.generator.run(load);
  const cpu = familyCpuSeconds(pid) - before;
  return {
    getsPerSecond: measured.requests / measured.seconds,
    cores: cpu / measured.seconds,
    micros: (cpu / measured.requests) * 1e6,
  };
}

try {
  for (const workers of WORKERS) {
    const env = {
      API_KEY: KEY,
      ADMIN_API_KEY: `${KEY}-admin`,
      DATABASE_URL: arena.databaseUrl,
      DATABASE_POOL_SIZE: '5',
    };
    const server = await startThreadstore(join(arena.dataDir, 'none'), { ...env, WORKERS: String(workers) });
    servers.push(server);
    pin(server.pid, workers === 1 ? CORE : OTHER_CORE);
    for (const child of childrenOf(server.pid)) pin(child, CORE);
  }
  for (const { pid } of spinners) pin(pid!, CORE);
  for (const pid of [process.pid, arena.generator.pid, arena.postmaster, ...childrenOf(arena.postmaster)])
    pin(pid, OTHER_CORE);

  for (const spinner of spinners) spinner.kill('SIGSTOP');
  for (const [index, server] of servers.entries()) await measure(server, WARM_UP_SECONDS * WORKERS[index]!);

  const turns = servers.map((): Turn[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, server] of servers.entries()) {
      for (const [slot, spinner] of spinners.entries())
        spinner.kill(slot < SLOTS - WORKERS[index]! ? 'SIGCONT' : 'SIGSTOP');
      turns[index]!.push(await measure(server, SECONDS));
    }
  }

  console.log('| workers | gets/s | ratio | spread | cores | CPU µs |\n|---|---|---|---|---|---|');
  for (const [index, own] of turns.entries()) {
    const ratios = own.map(({ getsPerSecond }, round) => getsPerSecond / turns[0]![round]!.getsPerSecond);
    const of = (field: keyof Turn): number => median(own.map((turn) => turn[field]));
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    const cells = [of('getsPerSecond').toFixed(0), `${median(ratios).toFixed(2)} ×`, spread, of('cores').toFixed(2)];
    console.log(`| ${WORKERS[index]} | ${cells.join(' | ')} | ${of('micros').toFixed(0)} |`);
  }
} finally {
  for (const spinner of spinners) spinner.kill('SIGKILL');
  await Promise.all(servers.map((server) => server.end()));
  await arena.close();
}
