import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createDatabase, type TestDatabase } from '../support/database.js';

const MAY_NOT = '42501';

let database: TestDatabase;
let server: Client;

/** The role of the embedded PostgreSQL that serves requests, made by the code of the server itself. */
beforeAll(async () => {
  database = await createDatabase();
  server = new Client({ connectionString: database.url });
  await server.connect();
});

afterAll(async () => {
  await server.end();
  await database.drop();
});

// What breaks it: a server that connects as the owner of its tables or as a superuser, or a GRANT too many.
describe('the database role of the server', () => {
  it.each([
    'CREATE TABLE mine (id text)',
    'CREATE VIEW mine AS SELECT 1',
    'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
    'CREATE SCHEMA mine',
    'CREATE EXTENSION dblink',
    'CREATE ROLE mine',
    'CREATE DATABASE mine',
    'ALTER TABLE threads ADD COLUMN mine text',
    'ALTER TABLE threads DISABLE TRIGGER ALL',
    'ALTER ROLE threadstore SUPERUSER',
    'ALTER SYSTEM SET fsync = off',
    'DROP TABLE messages',
    'DROP INDEX threads_project_id_created_at_id_idx',
    'DROP TRIGGER thread_pairs_insert ON threads',
    'ALTER FUNCTION index_new_threads() RENAME TO mine',
    'DROP SCHEMA public CASCADE',
    'TRUNCATE messages',
    'CREATE INDEX ON threads (id)',
    'CREATE TRIGGER mine BEFORE INSERT ON threads FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    'SET ROLE threadstore_owner',
    'SET SESSION AUTHORIZATION postgres',
    "SET session_replication_role = 'replica'",
    "COPY threads TO PROGRAM 'true'",
    "COPY threads TO '/tmp/threads'",
    "SELECT pg_read_file('postgresql.conf')",
    'SELECT rolpassword FROM pg_authid',
  ])('may not: %s', async (sql) => {
    await expect(server.query(sql)).rejects.toMatchObject({ code: MAY_NOT });
  });

  it('may read and write rows', async () => {
    const { rows } = await server.query('SELECT id FROM threads');
    const { rowCount } = await server.query('DELETE FROM threads');

    expect([rows, rowCount]).toEqual([[], 0]);
  });
});
