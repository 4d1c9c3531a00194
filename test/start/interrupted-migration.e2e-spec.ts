import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Installation, STARTS_TIMEOUT_MS, until } from '../support/process.js';
import { Proxy } from '../support/proxy.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const API_KEY = 'the key of this very test';
const WAITING = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'`;

// Broken by handing migrations to Prisma's own adapter in prisma/migrations.ts: it runs a script statement by statement,
// and refuses every later start because of the record that was left.
describe('node dist/main.js, killed while it migrates', () => {
  let installation: Installation;
  let database: TestDatabase;

  beforeEach(async () => {
    installation = await Installation.make();
    database = await createDatabase({ empty: true });
  });

  afterEach(async () => {
    await installation.remove();
    await database.drop();
  });

  const unfinished = (): Promise<unknown[]> =>
    database.query('SELECT FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL');

  /** How often each migration was finished, after one more start that serves. */
  async function timesFinished(): Promise<unknown[]> {
    const { url } = await installation.start({ DATABASE_URL: database.ownerUrl, API_KEY });
    await aThread(new Client(url, API_KEY));
    return database.query(
      `SELECT migration_name, count(finished_at)::int AS times FROM _prisma_migrations GROUP BY 1 ORDER BY 1`,
    );
  }

  const ONCE_EACH = readdirSync('prisma/migrations', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ migration_name: name, times: 1 }))
    .toSorted((one, other) => one.migration_name.localeCompare(other.migration_name));

  it.each([
    ['and PostgreSQL carries on with the script', 'SELECT'],
    ['and PostgreSQL ends the script', 'SELECT pg_terminate_backend(pid)'],
  ])('in the middle of a script, %s: the next start completes it', async (_, end) => {
    const release = await database.hold('CREATE TABLE messages ()');
    const server = await installation.startWithoutDatabase({ DATABASE_URL: database.ownerUrl, API_KEY });
    await until(async () => {
      return (await database.query(`SELECT ${WAITING}`)).length > 0;
    });

    await server.end('SIGKILL');
    await database.query(`${end} ${WAITING}`);
    await release();

    expect(await timesFinished()).toEqual(ONCE_EACH);
    expect(await unfinished()).toEqual([]);
  });

  it('after a script, before Prisma took note of it: the next start knows that it is done', async () => {
    const proxy = await Proxy.to(database.ownerUrl);
    await proxy.open();
    proxy.holdAnswersTo('CREATE TABLE "messages"');
    const server = await installation.startWithoutDatabase({ DATABASE_URL: proxy.url, API_KEY });
    await until(async () => (await database.query(`SELECT FROM pg_tables WHERE tablename = 'messages'`)).length > 0);

    await server.end('SIGKILL');
    await proxy.close();

    expect(await timesFinished()).toEqual(ONCE_EACH);
    expect(await unfinished()).toEqual([]);
  });
});
