import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import { endOfLog } from '../support/postgres-log.js';
import { STARTS_TIMEOUT_MS } from '../support/process.js';
import { breachesOf, loggedStatements, tenantTablesOf } from '../support/sql-fence.js';
import { callOf, closedOperations } from './operations.js';
import { tenantsWithEverything } from './tenant.js';

const TABLES = ['threads', 'messages', 'api_keys'];

// What breaks it: a WHERE, a JOIN or an INSERT of a repository that leaves out project_id. The same fence stands around
// the whole run of Jest: test/support/stop-postgres.js fails the run for one statement.
describe('the SQL of a run over every operation', () => {
  let app: TestApp;
  let tables: string[];
  let statements: string[];

  beforeAll(async () => {
    const start = await endOfLog();
    app = await startApp({ RATE_LIMIT: '1000000' });
    tables = await tenantTablesOf(app.database.superuserUrl);
    const tenants = await tenantsWithEverything(app, closedOperations.length, 'Of the fence');
    for (const [index, operation] of closedOperations.entries()) {
      const { client, ids } = tenants[index]!;
      const caller = operation.kind === 'admin_key' ? app.admin : client;
      for (const place of operation.places.filter(({ where }) => where === 'query')) {
        ok(await callOf(operation, ids, place, ids[place.of])(caller));
      }
      ok(await callOf(operation, ids)(caller));
    }
    for (const filter of ['metadata[user]=abc', 'metadata[user]=abc&metadata[plan]=pro']) {
      ok(await app.a.get(`/v1/threads?${filter}`));
    }
    statements = await loggedStatements(start, app.database.name);
  }, STARTS_TIMEOUT_MS);

  afterAll(() => app.close());

  it('was logged, for every table of tenants', () => {
    const unseen = tables.filter((table) => !statements.some((sql) => new RegExp(`\\b${table}\\b`).test(sql)));

    expect(tables.length).toBeGreaterThanOrEqual(7);
    expect(unseen).toEqual([]);
  });

  it('ties every table of tenants to a project', () => {
    expect(statements.map((sql) => [sql, breachesOf(sql, tables)]).filter(([, breaches]) => breaches?.length)).toEqual(
      [],
    );
  });
});

describe('the fence', () => {
  it.each([
    'SELECT 1 FROM threads WHERE project_id = $1 AND id = $2',
    'SELECT t.id FROM threads t WHERE $1::text = t.project_id',
    'SELECT 1 FROM threads WHERE project_id IS NOT DISTINCT FROM $1',
    'SELECT 1 FROM threads WHERE (project_id, id) = ($1, $2)',
    'SELECT 1 FROM threads WHERE (project_id, id) IN (($1, $2), ($3, $4))',
    'SELECT 1 FROM threads WHERE (project_id = $1 AND id = $2) OR (project_id = $3 AND id = $4)',
    'SELECT 1 FROM threads WHERE (project_id, id) IN (SELECT w.project_id, w.id FROM unnest($1::text[], $2::text[]) AS w(project_id, id))',
    'SELECT 1 FROM threads t JOIN unnest($1::text[], $2::text[]) AS w(p, id) ON t.project_id = w.p AND t.id = w.id',
    'SELECT 1 FROM unnest($1::text[], $2::text[]) AS w(project_id, id) LEFT JOIN threads USING (project_id, id)',
    'SELECT 1 FROM threads t JOIN messages m ON m.project_id = t.project_id AND m.thread_id = t.id WHERE t.project_id = $1',
    'WITH w AS (SELECT * FROM json_to_recordset($1) AS r(project_id text, id text)) UPDATE threads t SET metadata = $2 FROM w WHERE t.project_id = w.project_id AND t.id = w.id',
    'SELECT 1 FROM threads LEFT JOIN LATERAL (SELECT 1 FROM messages WHERE project_id = threads.project_id) p ON true WHERE threads.project_id = $1',
    'DELETE FROM messages USING w WHERE messages.project_id = w.project_id',
    'INSERT INTO threads (project_id, id) SELECT p, id FROM unnest($1::text[], $2::text[]) AS w(p, id)',
    'INSERT INTO threads (project_id, id) VALUES ($1, $2) ON CONFLICT (project_id, id) DO UPDATE SET metadata = $3',
    'SELECT project_id FROM api_keys WHERE hash = $1',
    'SELECT 1 FROM projects',
    'BEGIN',
  ])('lets pass: %s', (sql) => {
    expect(breachesOf(sql, TABLES)).toEqual([]);
  });

  it.each([
    'SELECT 1 FROM threads',
    'SELECT 1 FROM threads WHERE id = $1',
    'SELECT 1 FROM threads WHERE project_id <> $1',
    'SELECT 1 FROM threads WHERE project_id IS DISTINCT FROM $1',
    'SELECT 1 FROM threads WHERE NOT project_id = $1',
    'SELECT 1 FROM threads WHERE project_id = $1 OR true',
    'SELECT 1 FROM threads WHERE project_id = project_id',
    'SELECT 1 FROM threads t JOIN projects p ON t.project_id = p.id',
    'SELECT 1 FROM threads t JOIN messages m ON m.project_id = t.project_id',
    'SELECT 1 FROM threads t JOIN messages m ON m.thread_id = t.id WHERE t.project_id = $1',
    'SELECT 1 FROM threads t LEFT JOIN unnest($1::text[]) AS w(p) ON t.project_id = w.p',
    'SELECT 1 FROM threads WHERE project_id = ANY($1) AND id = ANY($2)',
    'SELECT 1 FROM threads WHERE project_id IN ($1, $2) AND id IN ($3, $4)',
    'SELECT 1 FROM threads WHERE project_id = $1 UNION ALL SELECT 1 FROM messages',
    'SELECT (SELECT count(*) FROM messages) FROM threads WHERE project_id = $1',
    'WITH threads AS (SELECT * FROM threads) SELECT 1 FROM threads WHERE project_id = $1',
    'UPDATE threads SET metadata = $1 WHERE id = $2',
    'UPDATE threads SET project_id = $1 WHERE project_id = $2',
    'DELETE FROM threads',
    'WITH gone AS (DELETE FROM messages WHERE thread_id = $1 RETURNING id) SELECT id FROM gone',
    'INSERT INTO threads (id) VALUES ($1)',
    'INSERT INTO threads VALUES ($1, $2)',
    'INSERT INTO api_keys (project_id, hash) VALUES ($1, $2) ON CONFLICT (hash) DO UPDATE SET name = $3',
    'SELECT project_id FROM api_keys WHERE redacted = $1',
    'TRUNCATE threads',
    'COPY threads TO STDOUT',
  ])('stops: %s', (sql) => {
    expect(breachesOf(sql, TABLES)).not.toEqual([]);
  });
});
