import 'reflect-metadata';
import cluster from 'node:cluster';
import { readConfig } from './config/config.js';
import { reasonOf } from './errors/database-error.js';
import { Server } from './server.js';
import { work, Workers } from './workers.js';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const server = config.workers > 1 ? await Workers.start(config) : await Server.start(config);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      void server.stop().finally(() => process.exit(0));
    });
  }
  await server.prepare();
}

/** Serves, alone or as one of several processes. Says why when it cannot. */
export async function serve(): Promise<void> {
  try {
    await (cluster.isWorker ? work() : main());
  } catch (error) {
    console.error(reasonOf(error));
    process.exit(1);
  }
}
