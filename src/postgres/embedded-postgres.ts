import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pid } from 'node:process';
import { Client } from 'pg';
import { reasonOf } from '../errors/database-error.js';
import { Cluster } from './cluster.js';
import { findPrograms } from './programs.js';
import { findRunner } from './unprivileged.js';

const DATABASE = 'threadstore';
const OWNER = 'threadstore_owner';
const SERVER = 'threadstore';

/** Any number: the server that uses a DATA_DIR holds this lock as long as it lives. */
const DATA_DIR_LOCK = 7_307_197;

/** How long a server that was killed may still hold the lock: until PostgreSQL sees that its connection is gone. */
const LOCK_PATIENCE_MS = 2_000;
const RETRY_MS = 50;

const REVIVE_INTERVAL_MS = 1_000;

/** Connections beyond the pool: the lock, migrations, an administrator with psql. */
const SPARE_CONNECTIONS = 20;

/** A PostgreSQL that the server started for itself, and the addresses of its database. */
export interface EmbeddedPostgres {
  /** For requests: a role that is neither superuser nor owner. */
  readonly url: string;
  /** For migrations: the role that owns the tables. */
  readonly ownerUrl: string;
  readonly superuserUrl: string;
  stop(): Promise<void>;
}

class DataDirInUseError extends Error {
  constructor(dataDir: string, holder: string) {
    super(`${holder} is using ${dataDir}. Stop it first, or give this server another DATA_DIR.`);
  }
}

/**
 * Starts the PostgreSQL below `dataDir`, which one server at a time may use. What is done `meanwhile` is begun when its
 * process runs: work of the event loop before that would hold it up.
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  poolSize: number,
  meanwhile?: () => Promise<unknown>,
): Promise<EmbeddedPostgres> {
  const programs = await findPrograms();
  await mkdir(dirname(dataDir), { recursive: true });
  const runner = await findRunner([programs.initdb, dataDir]);
  const cluster = new Cluster(dataDir, programs, runner);
  await cluster.start(poolSize + SPARE_CONNECTIONS, meanwhile);
  const password = await cluster.password();
  const urlOf = (role: string, secret: string, database: string): string =>
    `postgresql://${role}:${secret}@/${database}?host=${encodeURIComponent(cluster.socketDir)}`;

  const adminUrl = urlOf('postgres', password, 'postgres');
  let superuser = await connect(adminUrl);
  await lockDataDir(superuser, dataDir);
  const ownerSecret = await makeRole(superuser, OWNER);
  const serverSecret = await makeRole(superuser, SERVER);
  await makeDatabase(superuser);
  const superuserUrl = urlOf('postgres', password, DATABASE);
  await grantTables(superuserUrl);

  const stopping = new AbortController();
  /** The connection that holds the lock ends when PostgreSQL does: then it is started again, and locked again. */
  const keepAlive = (): void => {
    superuser.once('end', () => void revive());
  };
  const revive = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await cluster.start(poolSize + SPARE_CONNECTIONS);
        superuser = await connect(adminUrl);
        await lockDataDir(superuser, dataDir);
        return keepAlive();
      } catch (error) {
        console.error(`The embedded PostgreSQL ended and does not start again: ${reasonOf(error)}`);
        await setTimeout(REVIVE_INTERVAL_MS);
      }
    }
  };
  keepAlive();

  return {
    url: urlOf(SERVER, serverSecret, DATABASE),
    ownerUrl: urlOf(OWNER, ownerSecret, DATABASE),
    superuserUrl,
    stop: async () => {
      stopping.abort();
      await superuser.end();
      await cluster.stop();
    },
  };
}

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString, application_name: `Another Threadstore (process ${pid})` });
  // Whoever needs the connection learns of its end from the next query.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The lock is a connection's, so it ends with the process that holds it, however that one ends. */
async function lockDataDir(superuser: Client, dataDir: string): Promise<void> {
  for (let waited = 0; ; waited += RETRY_MS) {
    const { rows } = await superuser.query('SELECT pg_try_advisory_lock($1) AS locked', [DATA_DIR_LOCK]);
    if (rows[0].locked) return;
    if (waited >= LOCK_PATIENCE_MS) break;
    await setTimeout(RETRY_MS);
  }
  const { rows } = await superuser.query(
    `SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
     WHERE locktype = 'advisory' AND objid = $1 AND granted`,
    [DATA_DIR_LOCK],
  );
  await superuser.end();
  throw new DataDirInUseError(dataDir, rows[0]?.application_name ?? 'Another Threadstore');
}

/** Makes a role unless it is there, and gives it a new password, which no file has to keep. */
async function makeRole(superuser: Client, name: string): Promise<string> {
  const secret = randomBytes(24).toString('base64url');
  const { rowCount } = await superuser.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  await superuser.query(`${rowCount ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN PASSWORD '${secret}'`);
  return secret;
}

async function makeDatabase(superuser: Client): Promise<void> {
  const { rowCount } = await superuser.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (!rowCount) await superuser.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
}

async function grantTables(superuserUrl: string): Promise<void> {
  const client = await connect(superuserUrl);
  await client.query(
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${SERVER}`,
  );
  await client.end();
}
