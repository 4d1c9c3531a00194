import { setFlagsFromString } from 'node:v8';
import { hasGrpc, isTraced } from './config/config.js';
import { crashLine } from './errors/logged-error.js';

// Under load V8 let garbage double the memory, to 400 MB. Collected at 60 % more than was left it stays at about 250 MB;
// at 20 %, collecting took a third of what a list of messages takes.
setFlagsFromString('--heap-growing-percent=60');

// Prisma's query compiler is WebAssembly. To optimise it took 15 MB and a third of a second of processor time after each
// start, and its queries, which are those of administration, were no faster for it.
setFlagsFromString('--liftoff-only');

// Node would print all of the error, with the values of a statement that may be in it.
process.on('uncaughtException', (error) => {
  console.error(crashLine(error));
  process.exit(1);
});

// What is traced has to be imported after what traces it, so nothing of the server is imported by this file.
if (isTraced(process.env)) {
  const { startTracing } = await import('./tracing/tracing.js');
  startTracing(hasGrpc(process.env));
}

const { serve } = await import('./serve.js');
await serve();
