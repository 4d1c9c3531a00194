import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { readConfig } from '../../src/config/config.js';
import { openPool } from '../../src/prisma/connection-pool.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

// Broken by leaving the listener of `release` out of prisma/connection-pool.ts: what is written next is in the open
// transaction, is acknowledged, and is lost.
describe('the pool of connections', () => {
  let database: TestDatabase;
  let pool: Pool;

  beforeEach(async () => {
    database = await createDatabase();
    pool = openPool(readConfig({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: '1' }));
  });

  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  it('does not use a connection again that came back with a transaction open', async () => {
    const client = await pool.connect();
    await client.query('BEGIN');
    client.release();

    await pool.query(`INSERT INTO thread_tombstones (project_id, id, created_at) VALUES ('proj_1', 'thread_1', now())`);

    expect(await database.query(`SELECT id FROM thread_tombstones`)).toEqual([{ id: 'thread_1' }]);
    expect(pool.totalCount).toBe(1);
  });
});
