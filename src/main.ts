import 'reflect-metadata';
import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { readConfig } from './config/config.js';
import { reasonOf } from './errors/database-error.js';
import { crashLine } from './errors/logged-error.js';
import { Server } from './server.js';
import { work, Workers } from './workers.js';

// Under load V8 let garbage double the memory, to 440 MB at 128 connections; collected earlier, at no cost in requests
// a second that could be seen, it stays at about 250 MB.
setFlagsFromString('--heap-growing-percent=20');

// Node would print all of the error, with the values of a statement that may be in it.
process.on('uncaughtException', (error) => {
  console.error(crashLine(error));
  process.exit(1);
});

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

try {
  await (cluster.isWorker ? work() : main());
} catch (error) {
  console.error(reasonOf(error));
  process.exit(1);
}
