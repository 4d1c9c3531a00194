import 'reflect-metadata';
import { readConfig } from './config/config.js';
import { reasonOf } from './errors/database-error.js';
import { crashLine } from './errors/logged-error.js';
import { Server } from './server.js';

// Node would print all of the error, with the values of a statement that may be in it.
process.on('uncaughtException', (error) => {
  console.error(crashLine(error));
  process.exit(1);
});

try {
  const server = await Server.start(readConfig(process.env));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      void server.stop().finally(() => process.exit(0));
    });
  }
  await server.prepare();
} catch (error) {
  console.error(reasonOf(error));
  process.exit(1);
}
