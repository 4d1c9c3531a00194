import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Config } from './config/config.js';
import type { Database } from './database.js';
import { reasonOf } from './errors/database-error.js';
import { Server } from './server.js';
import { shareMetrics, WorkerMetrics } from './worker-metrics.js';

const RESTART_MS = 1_000;

/** What a worker is told to do. */
interface Task {
  readonly config: Config;
  readonly isEmbedded: boolean;
  /** One of them migrates, makes the first keys, and shows the banner. */
  readonly prepares: boolean;
}

/** What a worker says of itself. */
type Report = 'waiting' | 'listening' | 'prepared' | { readonly failure: string };

const STOP = 'stop';

/** Several processes that serve one port with one database. Each is a server of its own; nothing is shared. */
export class Workers {
  private readonly running = new Set<Worker>();
  private readonly metrics = new WorkerMetrics();
  private prepared: Promise<void> | undefined;
  private isStopping = false;

  private constructor(private readonly database: Database) {}

  /** Starts the workers, and waits until all of them listen. */
  static async start(database: Database): Promise<Workers> {
    cluster.setupPrimary({ serialization: 'advanced' });
    const workers = new Workers(database);
    try {
      await Promise.all(Array.from({ length: database.config.workers }, (_, index) => workers.add(index === 0)));
      return workers;
    } catch (error) {
      await workers.stop();
      throw error;
    }
  }

  /** Waits until the database is migrated and has what every installation has. */
  async prepare(): Promise<void> {
    await this.prepared;
  }

  /** Stops the workers, each as a server is stopped, and then the embedded PostgreSQL. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const { config, postgres } = this.database;
    const ends = [...this.running].map(async (worker) => {
      worker.send(STOP);
      await once(worker, 'exit');
    });
    await Promise.race([Promise.all(ends), setTimeout(config.shutdownTimeout * 1000)]);
    await postgres?.stop();
  }

  private async add(prepares: boolean): Promise<void> {
    const { config, postgres } = this.database;
    const worker = cluster.fork();
    this.running.add(worker);
    worker.once('exit', () => this.running.delete(worker));
    const task: Task = { config, isEmbedded: postgres !== undefined, prepares };
    if (prepares) this.prepared = told(worker, 'prepared');
    const listening = told(worker, 'listening');
    // What is sent to a worker before it listens for it is lost.
    await told(worker, 'waiting');
    worker.send(task);
    await listening;
    this.metrics.add(worker);
    worker.once('exit', () => void this.replace(worker));
  }

  /** A worker that ended by itself is replaced. */
  private async replace({ process: { pid, exitCode, signalCode } }: Worker): Promise<void> {
    while (!this.isStopping) {
      console.error(`A worker (process ${pid}) ended (${signalCode ?? exitCode}). Another one takes its place.`);
      try {
        return await this.add(false);
      } catch (error) {
        console.error(`It does not start: ${reasonOf(error)}`);
        await setTimeout(RESTART_MS);
      }
    }
  }
}

/** Waits until a worker says what is wanted; throws when it ends, or says why it cannot go on. */
function told(worker: Worker, wanted: Report): Promise<void> {
  const result = new Promise<void>((resolve, reject) => {
    worker.on('message', (report: Report) => {
      if (report === wanted) resolve();
      if (typeof report === 'object' && 'failure' in report) reject(new Error(report.failure));
    });
    worker.once('exit', () => reject(new Error('A worker ended before it was ready.')));
  });
  // Whoever waits for it learns of a failure, and nobody may wait for it yet.
  result.catch(() => undefined);
  return result;
}

const report = (what: Report): Promise<void> =>
  new Promise((resolve) => {
    process.send!(what, undefined, undefined, () => resolve());
  });

/** What a worker does. It ends when it is told to, or when the process that started it is gone. */
export async function work(): Promise<void> {
  // A terminal signals all its processes; the one that started the workers decides what is to be done.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => undefined);
  const { config, isEmbedded, prepares } = await new Promise<Task>((resolve) => {
    process.once('message', resolve);
    void report('waiting');
  });
  try {
    const starting = Server.join(config, isEmbedded);
    process.on('message', (message) => {
      if (message === STOP) void starting.then((server) => server.stop()).finally(() => process.exit(0));
    });
    const server = await starting;
    shareMetrics(server.metrics);
    await report('listening');
    if (!prepares) return;
    await server.prepare();
    await report('prepared');
  } catch (error) {
    await report({ failure: reasonOf(error) });
    process.exit(1);
  }
}
