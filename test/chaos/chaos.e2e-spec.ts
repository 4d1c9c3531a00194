import { describe, expect, it, jest } from '@jest/globals';
import { run, STARTS_TIMEOUT_MS } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

// Broken by `fsync` or COMMIT coming after the answer, by a thread and its messages in two statements, and by a refusal
// that says that nothing was stored when something may have been.
describe('npm run chaos, for a few seconds', () => {
  it.each(['embedded', 'own'])('loses nothing on the store %s, and says what it did', async (store) => {
    const { code, stdout, stderr } = await run(process.execPath, [
      'scripts/chaos.js',
      `--store=${store}`,
      '--seconds=4',
      '--seed=5',
    ]);

    expect(stdout + stderr).toMatch(/acknowledged writes +[1-9]\d*\n +kills +[1-9]/);
    expect(stdout).toMatch(/ lost +0\n +half threads +0\n/);
    expect(stdout).toMatch(/broken promises +none\n/);
    expect(code).toBe(0);
  });
});
