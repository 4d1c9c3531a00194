import 'reflect-metadata';
import { readConfig } from './config/config.js';
import { reasonOf } from './errors/database-error.js';
import { Server } from './server.js';

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
