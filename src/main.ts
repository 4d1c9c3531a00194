import { setFlagsFromString } from 'node:v8';
import { hasGrpc, isTraced } from './config/config.js';
import { crashLine } from './errors/logged-error.js';

// Under load V8 let garbage double the memory, to 400 MB. Collected at 60 % more than was left it stays at about 250 MB;
// at 20 %, collecting took a third of what a list of messages takes.
setFlagsFromString('--heap-growing-percent=60');

// V8 guesses where an object is best made from what became of others, and guessed wrong in one server of eight, for good:
// what a list of messages is made of lived too long, and collecting it took two thirds more of the processor's time.
// Without guesses all servers take 5 to 15 % less than the others did.
setFlagsFromString('--no-allocation-site-pretenuring');

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
