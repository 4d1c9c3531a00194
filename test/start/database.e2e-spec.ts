import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Client as Postgres, type QueryResultRow } from 'pg';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Installation, STARTS_TIMEOUT_MS } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

describe('node dist/main.js and its database', () => {
  const installations: Installation[] = [];
  const databases: TestDatabase[] = [];

  afterEach(async () => {
    for (const installation of installations.splice(0)) await installation.remove();
    for (const database of databases.splice(0)) await database.drop();
  });

  const anInstallation = async (): Promise<Installation> => {
    const installation = await Installation.make();
    installations.push(installation);
    return installation;
  };

  const anEmptyDatabase = async (): Promise<TestDatabase> => {
    const database = await createDatabase({ empty: true });
    databases.push(database);
    return database;
  };

  it('serves requests as a role that neither owns the tables nor may make any', async () => {
    const installation = await anInstallation();
    await installation.start();
    const secret = (await installation.read('postgres-password')).trim();
    const socket = encodeURIComponent(join(installation.dataDir, 'socket'));
    const url = `postgresql://postgres:${secret}@/threadstore?host=${socket}`;

    const roles = await queryOnce(
      url,
      `SELECT DISTINCT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
         has_schema_privilege(rolname, 'public', 'CREATE') AS may_make_tables,
         has_database_privilege(rolname, 'threadstore', 'CREATE') AS may_make_schemas,
         EXISTS (SELECT FROM pg_tables WHERE tableowner = rolname) AS owns_tables,
         EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) AS is_member_of_others
       FROM pg_roles JOIN pg_stat_activity ON usename = rolname
       WHERE application_name = 'threadstore'`,
    );

    expect(roles).toEqual([
      {
        rolsuper: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        rolbypassrls: false,
        may_make_tables: false,
        may_make_schemas: false,
        owns_tables: false,
        is_member_of_others: false,
      },
    ]);
  });

  it('listens on no port for PostgreSQL', async () => {
    const installation = await anInstallation();
    await installation.start();
    const secret = (await installation.read('postgres-password')).trim();
    const socket = encodeURIComponent(join(installation.dataDir, 'socket'));

    const settings = await queryOnce(
      `postgresql://postgres:${secret}@/postgres?host=${socket}`,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses', 'synchronous_commit') ORDER BY name`,
    );

    expect(settings).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
  });

  it('is migrated once by two servers that start at once, and both work', async () => {
    const database = await anEmptyDatabase();
    const both = [await anInstallation(), await anInstallation()];

    const servers = await Promise.all(both.map((each) => each.start({ DATABASE_URL: database.ownerUrl })));

    const banners = servers.map(({ stdout }) => stdout).toSorted((one, other) => other.length - one.length);
    expect(banners[0]).toMatch(/ API key .*\n.*\n {2}Admin key /);
    expect(banners[1]).not.toMatch(/key/i);
    const apiKey = /API key +(\S+)/.exec(banners[0]!)![1];
    const [one, other] = servers.map(({ url }) => new Client(url, apiKey)) as [Client, Client];
    const thread = await aThread(one);
    expect((await other.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    expect(await database.query('SELECT migration_name FROM _prisma_migrations ORDER BY started_at')).toEqual(
      (await directoriesOf('prisma/migrations')).map((migration_name) => ({ migration_name })),
    );
  });
});

async function directoriesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

async function queryOnce(connectionString: string, text: string): Promise<QueryResultRow[]> {
  const client = new Postgres({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
