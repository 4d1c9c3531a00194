import { randomBytes } from 'node:crypto';
import { Client, Pool, type QueryResultRow } from 'pg';

export interface TestDatabase {
  readonly name: string;
  /** For the server: neither superuser nor owner. */
  readonly url: string;
  readonly ownerUrl: string;
  readonly superuserUrl: string;
  /** Looks at what is really stored. */
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Runs a statement in a transaction that stays open, with its locks, until the result is called. */
  hold(statement: string, values?: unknown[]): Promise<() => Promise<void>>;
  drop(): Promise<void>;
}

interface Urls {
  readonly url: string;
  readonly ownerUrl: string;
  readonly superuserUrl: string;
}

const TEMPLATE = 'threadstore';

/** A database of its own: a copy of the migrated one, or with `empty` one without tables. */
export async function createDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const urls = JSON.parse(process.env.TEST_POSTGRES ?? '{}') as Urls;
  const name = `test_${randomBytes(6).toString('hex')}`;
  const at = (url: string, database: string): string => url.replace(`/${TEMPLATE}?`, `/${database}?`);
  await run(at(urls.superuserUrl, 'postgres'), [
    `CREATE DATABASE ${name} OWNER threadstore_owner TEMPLATE ${empty ? 'template0' : TEMPLATE}`,
  ]);
  const superuserUrl = at(urls.superuserUrl, name);
  const pool = new Pool({ connectionString: superuserUrl, max: 1 });
  // A connection that is on its way out when the database is dropped.
  pool.on('error', () => undefined);
  return {
    name,
    url: at(urls.url, name),
    ownerUrl: at(urls.ownerUrl, name),
    superuserUrl,
    query: async (text, values) => (await pool.query(text, values)).rows,
    hold: async (statement, values) => {
      const client = new Client({ connectionString: superuserUrl });
      await client.connect();
      await client.query('BEGIN');
      await client.query(statement, values);
      return () => client.end();
    },
    drop: async () => {
      await pool.end();
      await run(at(urls.superuserUrl, 'postgres'), [`DROP DATABASE ${name} WITH (FORCE)`]);
    },
  };
}

async function run(connectionString: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
