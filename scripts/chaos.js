// Kills the server and its PostgreSQL under load, at random moments, and then reads everything back through the API.
//
//   npm run chaos                      about 90 seconds
//   npm run chaos -- --long            about 10 minutes
//   npm run chaos -- --seed 42         the faults of an earlier run, in the same order and at the same distances
//   npm run chaos -- --seconds 5       of load on each store
//   npm run chaos -- --store embedded  or own: only one of the two
//
// It exits with 1 when anything that was acknowledged is lost, when a thread lacks its first messages, when something is
// stored that was refused, or when the server answers with anything but what it promises.
import { parseArgs } from 'node:util';
import { readBack } from './chaos/api.js';
import { Load } from './chaos/load.js';
import { pickerOf } from './chaos/random.js';
import { reportOf } from './chaos/report.js';
import { ServerProcess } from './chaos/server.js';
import { openEmbeddedStore, openOwnStore } from './chaos/stores.js';
import { verdictOf } from './chaos/verdict.js';

const STORES = {
  embedded: { title: 'The embedded PostgreSQL', open: openEmbeddedStore },
  own: { title: 'A PostgreSQL of one’s own', open: openOwnStore },
};

const SECONDS = 35;
const LONG_SECONDS = 270;
/** Starting, recovering and reading back may take this much longer than the load, before the run is given up. */
const PATIENCE_S = 120;

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string' },
  },
});
const seconds = Number(values.seconds ?? (values.long ? LONG_SECONDS : SECONDS));
const names = Object.keys(STORES).filter((name) => [undefined, name].includes(values.store));
console.log(`Chaos with seed ${values.seed}: ${names.length} × ${seconds} seconds of load.`);

/** What has to be ended, newest last, however this run ends. */
const cleanups = [];
async function cleanUp() {
  for (const undo of cleanups.splice(0).reverse()) await undo();
}

async function giveUp(reason) {
  console.error(reason);
  await cleanUp();
  process.exit(1);
}

process.once('SIGINT', () => void giveUp('Interrupted.'));
process.once('SIGTERM', () => void giveUp('Interrupted.'));
const limitS = names.length * (seconds + PATIENCE_S);
setTimeout(() => void giveUp(`The run is not over after ${limitS} seconds.`), limitS * 1000).unref();

async function runOn({ title, open }) {
  const pick = pickerOf(Number(values.seed));
  const store = await open();
  cleanups.push(() => store.remove());
  const server = await ServerProcess.on(store.env);
  cleanups.push(() => server.stop());
  await server.start();

  const load = new Load(server);
  load.start();
  const faults = await store.causeFaults(server, pick, Date.now() + seconds * 1000);
  await load.stop();

  const stored = await readBack(server);
  const verdict = verdictOf(load.sent, stored);
  const exitCode = await server.stop();
  await cleanUp();
  const { text, isGood } = reportOf({ title, load, faults, verdict, exitCode, complaints: server.complaints });
  console.log(text);
  return isGood;
}

try {
  let isGood = true;
  for (const name of names) isGood = (await runOn(STORES[name])) && isGood;
  process.exit(isGood ? 0 : 1);
} catch (error) {
  await giveUp(error);
}
