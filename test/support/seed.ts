import * as fc from 'fast-check';

const { FUZZ_SEED, FUZZ_RUNS = '1' } = process.env;

/** One seed for the whole run: the same one makes the same inputs in the same order. */
const SEED = FUZZ_SEED ? Number(FUZZ_SEED) : Math.trunc(Math.random() * 2 ** 31);
const FACTOR = Number(FUZZ_RUNS);

/** By default a property stops after about this time, however slow the machine is. */
const TIME_LIMIT_MS = 2_000;

/** For tests of properties, which take the time that they are given. */
export const PROPERTY_TIMEOUT_MS = 60_000 * Math.max(1, FACTOR);

/** Tries `runs` inputs, or FUZZ_RUNS times as many. A failure names the seed, and the smallest input that fails. */
export function holdsFor<T>(
  inputs: fc.Arbitrary<T>,
  runs: number,
  tries: (input: T) => Promise<void>,
  timeLimitMs = TIME_LIMIT_MS,
): Promise<void> {
  const end = FACTOR === 1 ? Date.now() + timeLimitMs : Infinity;
  let tried = 0;
  const property = fc.asyncProperty(inputs, async (input) => {
    if (tried++ === 0 || Date.now() < end) await tries(input);
  });
  return fc.assert(property, {
    seed: SEED,
    numRuns: runs * FACTOR,
    asyncReporter: async (details) => {
      if (details.failed) {
        throw new Error(`With FUZZ_SEED=${SEED} it fails again. ${await fc.asyncDefaultReportMessage(details)}`);
      }
    },
  });
}
