// npm run bench: Threadstore and a server written by hand, in turns, on one PostgreSQL. See bench/README.md.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { KEY, openArena } from './arena.js';
import { type Ids, seed, seedDoomed } from './data.js';
import { loadOf, type Operation, OPERATIONS } from './operations.js';
import { type Contestant, familyCpuSeconds, residentMb, startHelper } from './processes.js';
import { type Result, type Round, summaryOf, tableOf } from './table.js';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    concurrency: { type: 'string' },
    only: { type: 'string' },
    sharing: { type: 'boolean', default: false },
    json: { type: 'string', default: 'bench-results.json' },
  },
});

const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 11));
const seconds = Number(flags.seconds ?? (flags.quick ? 0.6 : 1));
const concurrencies = (flags.concurrency ?? (flags.quick ? '1,32' : '1,32,128')).split(',').map(Number);
const operations = OPERATIONS.filter(({ name }) => !flags.only || new RegExp(flags.only).test(name));
const [threads, conversations] = flags.quick ? [20_000, 400] : [100_000, 2_000];

/** More threads than can be deleted in a round. */
const DOOMED_PER_SECOND = 20_000;

const arena = await openArena();
const { threadstore, generator, db, postmaster, databaseUrl } = arena;
const yardstick = await startHelper('yardstick', {
  DATABASE_URL: databaseUrl,
  ...(flags.sharing && { SHARING: 'yes' }),
});
const ceiling = await startHelper('ceiling', {});

async function measure(server: Contestant, operation: Operation, concurrency: number, ids: Ids): Promise<Round> {
  const targets = operation.deletes
    ? await seedDoomed(db, Math.ceil(DOOMED_PER_SECOND * seconds))
    : operation.targets(ids);
  const before = [familyCpuSeconds(server.pid), familyCpuSeconds(postmaster)] as const;
  const measured = await generator.run(
    loadOf(operation, targets, { port: server.port, concurrency, seconds, key: KEY }),
  );
  return {
    requestsPerSecond: measured.requests / measured.seconds,
    p50: measured.p50,
    p99: measured.p99,
    serverMicros: ((familyCpuSeconds(server.pid) - before[0]) / measured.requests) * 1e6,
    postgresMicros: ((familyCpuSeconds(postmaster) - before[1]) / measured.requests) * 1e6,
    generatorBusy: measured.cpuSeconds / measured.seconds,
    residentMb: residentMb(server.pid).now,
  };
}

try {
  const fsync = await db.query("SELECT current_setting('fsync') || current_setting('synchronous_commit') AS settings");
  if (fsync.rows[0].settings !== 'onon') throw new Error('PostgreSQL does not wait for its disk.');
  const ids = await seed(db, threads, conversations);
  const results: Result[] = [];

  // Thrown away: V8 optimises what has run some thousand times, which one connection at a time does not reach in a round.
  for (const operation of operations) {
    for (const server of [yardstick, threadstore]) await measure(server, operation, 32, ids);
  }
  await measure(ceiling, OPERATIONS[0]!, 32, ids);

  // What that wrote is tidied up and goes to the disk now, and not while something else is measured.
  await db.query('VACUUM ANALYZE');
  await db.query('CHECKPOINT');

  for (const concurrency of concurrencies) {
    const top = await measure(ceiling, OPERATIONS[0]!, concurrency, ids);
    for (const operation of operations) {
      const result: Result = {
        operation: operation.name,
        concurrency,
        ceiling: top,
        yardstick: [],
        threadstore: [],
      };
      for (let round = 0; round < rounds; round++) {
        result.yardstick.push(await measure(yardstick, operation, concurrency, ids));
        result.threadstore.push(await measure(threadstore, operation, concurrency, ids));
      }
      results.push(result);
      console.error(tableOf([result]).split('\n').at(-1));
    }
  }

  console.log(tableOf(results));
  const report = {
    date: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    cpu: `${cpus().length} × ${cpus()[0]?.model}`,
    node: process.version,
    postgres: (await db.query('SHOW server_version')).rows[0].server_version,
    threads,
    rounds,
    secondsPerRound: seconds,
    memoryMb: residentMb(threadstore.pid),
    ...summaryOf(results),
    results,
  };
  console.log(`\nGeometric mean of the ratios: ${report.means}`);
  console.log(
    `A constant answer, a second: ${report.ceilings}. The generator used ${report.generatorBusy.toFixed(2)} of a core.`,
  );
  console.log(`Memory of Threadstore: ${report.memoryMb.peak.toFixed(0)} MB at most.`);
  await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await Promise.all([yardstick.end(), ceiling.end()]);
  await arena.close();
}
