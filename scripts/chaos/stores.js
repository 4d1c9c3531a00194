import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Cluster } from '../../dist/postgres/cluster.js';
import { findPrograms } from '../../dist/postgres/programs.js';
import { findRunner } from '../../dist/postgres/unprivileged.js';

const MAX_CONNECTIONS = 30;
const RETRY_MS = 100;
/** Between a fault and the next, counted from when the server is ready again. */
const LULL_MS = [1_000, 3_000];
/** How long a PostgreSQL of one's own stays away. */
const DOWN_MS = [0, 1_000];

/** A DATA_DIR for the embedded PostgreSQL, which the server itself starts again. */
export async function openEmbeddedStore() {
  const dataDir = await newDataDir();
  return storeOf({ DATA_DIR: dataDir }, dataDir, async () => undefined);
}

/** A second PostgreSQL, from the same programs, which the server knows by its DATABASE_URL only. */
export async function openOwnStore() {
  const dataDir = await newDataDir();
  const programs = await findPrograms();
  const cluster = new Cluster(dataDir, programs, await findRunner([programs.initdb, dataDir]));
  await cluster.start(MAX_CONNECTIONS);
  const password = await cluster.password();
  const url = `postgresql://postgres:${password}@/postgres?host=${encodeURIComponent(cluster.socketDir)}`;
  const revive = async (pick) => {
    await setTimeout(pick.between(...DOWN_MS));
    // What is left of a killed PostgreSQL holds its memory for a moment.
    while (
      !(await cluster.start(MAX_CONNECTIONS).then(
        () => true,
        () => false,
      ))
    )
      await setTimeout(RETRY_MS);
  };
  return storeOf({ DATABASE_URL: url, DATA_DIR: join(dataDir, 'keys') }, dataDir, revive);
}

async function newDataDir() {
  const parent = await mkdtemp(join(tmpdir(), 'threadstore-chaos-'));
  // Where root runs this, PostgreSQL runs as another user, who has to get through.
  await chmod(parent, 0o755);
  return join(parent, 'data');
}

function storeOf(env, dataDir, revive) {
  const killPostgres = async (signal) => {
    const pid = await postgresPid(dataDir);
    if (pid) process.kill(pid, signal);
  };
  const faults = {
    'SIGKILL of the server': async (server) => {
      await server.kill();
      await server.start();
    },
    'SIGKILL of PostgreSQL': async (_, pick) => {
      await killPostgres('SIGKILL');
      await revive(pick);
    },
    'immediate stop of PostgreSQL': async (_, pick) => {
      await killPostgres('SIGQUIT');
      await revive(pick);
    },
    'SIGKILL of both': async (server, pick) => {
      await killPostgres('SIGKILL');
      await server.kill();
      await revive(pick);
      await server.start();
    },
  };

  return {
    env,
    /** Causes one fault after the other until `deadline`. @returns what was done, and how long it took to be ready. */
    async causeFaults(server, pick, deadline) {
      const done = [];
      while (Date.now() < deadline) {
        for (const name of pick.shuffled(Object.keys(faults))) {
          await setTimeout(pick.between(...LULL_MS));
          if (Date.now() > deadline) break;
          const begunAt = Date.now();
          await faults[name](server, pick);
          await untilServing(server);
          done.push({ name, ms: Date.now() - begunAt });
        }
      }
      return done;
    },
    async remove() {
      await killPostgres('SIGQUIT');
      while (await postgresPid(dataDir)) await setTimeout(RETRY_MS);
      await rm(join(dataDir, '..'), { recursive: true });
    },
  };
}

/** A server may still say that it is ready just after its PostgreSQL was killed. */
async function untilServing(server) {
  for (let times = 0; times < 3; times++) {
    await setTimeout(RETRY_MS / 2);
    await server.untilReady();
  }
}

/** The process of the PostgreSQL below a DATA_DIR; undefined when none runs. */
async function postgresPid(dataDir) {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!pid) return undefined;
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  return pid;
}
