// Random sequences of all operations on threads and messages, by two tenants, on the server and on a model in memory.
// It breaks when an answer, a page or its order is another than that of the model: a position handed out twice, a
// cursor that forgets deleted messages, a merge that drops a key, a statement without its project; or when the pairs of
// the threads are not those of their metadata.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { AsyncCommand } from 'fast-check';
import { clientOfNewProject, startApp, type TestApp } from '../support/app.js';
import { holdsFor, PROPERTY_TIMEOUT_MS } from '../support/seed.js';
import { wrongPairs } from '../support/stored-pairs.js';
import { commands } from './commands.js';
import { type Clients, Model } from './model.js';

const RUNS = 25;
const TIME_LIMIT_MS = 5_000;

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

async function agrees(sequence: Iterable<AsyncCommand<Model, Clients>>): Promise<void> {
  const clients = {
    a: await clientOfNewProject(app.admin, 'Model A'),
    b: await clientOfNewProject(app.admin, 'Model B'),
  };
  await fc.asyncModelRun(() => ({ model: new Model(), real: clients }), sequence);
}

describe('threads and messages of two tenants', () => {
  it(
    'are what a model in memory says, after any sequence of operations',
    async () => {
      await expect(holdsFor(commands, RUNS, agrees, TIME_LIMIT_MS)).resolves.toBeUndefined();
      expect(await wrongPairs(app.database)).toEqual([]);
    },
    PROPERTY_TIMEOUT_MS,
  );
});
