import { Client, Pool } from 'pg';
import type { Config } from '../config/config.js';
import { NotConnectedError } from '../errors/database-error.js';

/**
 * How long a statement waits for a connection, how long PostgreSQL works on it, and how long an answer is waited for where
 * the network is silent. The first and the last, and the wait for a turn (`turns.ts`), stay below the 5 seconds after which
 * a request of one statement has its answer, whatever the database does.
 */
const CONNECTION_TIMEOUT_MS = 1_200;
const STATEMENT_TIMEOUT_MS = 2_100;
const SILENCE_TIMEOUT_MS = 2_200;

/**
 * How long a connection is kept that nobody uses. After 10 seconds, the default of `pg`, two that take turns replace each
 * other for ever, and a new one has to prepare each statement and to meet each page of PostgreSQL's memory. After minutes
 * a firewall may have dropped it without a word.
 */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Every statement has an index for every table. PostgreSQL expects a hundred rows of a batch, also where there are two,
 * and read all of a table of 12,000 threads to change a single one. To compile a plan, or to start workers for it, takes
 * longer than any statement. No plan is to depend on the values that are sent: it is made once a connection, and not each
 * time.
 */
const PLANNER =
  '-c enable_seqscan=off -c jit=off -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan';

/** The one pool of connections of the server. None of its waits is without an end. */
export function openPool(config: Config): Pool {
  const pool = new Pool({
    connectionString: config.databaseUrl,
    max: config.databasePoolSize,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENCE_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    options: PLANNER,
    application_name: 'threadstore',
    Client: Connection,
  });
  // A connection that comes back with a transaction open has lost its answers. The next one to use it would write into
  // that transaction, and nobody would commit it.
  pool.on('release', (_, client) => {
    if (client.getTransactionStatus() !== 'I') void client.end();
  });
  return pool;
}

type Connected = (error: Error | null, client?: Client) => void;

/** A connection that says so when it was never made: nothing can have been stored through it. */
class Connection extends Client {
  override connect(): Promise<Client>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<Client> | void {
    if (!callback) return super.connect();
    super.connect((error: Error | null) => callback(error && new NotConnectedError(error), this));
  }
}
