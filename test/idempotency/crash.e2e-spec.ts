import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, startServerOn, type TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import { until } from '../support/process.js';

const KEY = { 'idempotency-key': 'one' };
const BODY = { metadata: { user: 'abc123' }, messages: [{ role: 'user', content: 'Hi' }] };

describe('what an Idempotency-Key leaves behind', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp();
  });

  afterEach(() => app.close());

  const countsOf = async (...tables: string[]): Promise<number[]> => {
    const counts = tables.map((table) => app.database.query<{ count: string }>(`SELECT count(*) FROM ${table}`));
    return (await Promise.all(counts)).map(([row]) => Number(row!.count));
  };

  // Broken by a reply that is sent before COMMIT, and by work, key and reply that are not of one transaction.
  it('is nothing when the transaction cannot be committed: no thread, no message, no key', async () => {
    await app.database.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit'; END $$;
      CREATE CONSTRAINT TRIGGER no_commit AFTER INSERT ON idempotency_keys
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()`);

    const failed = await app.a.post('/v1/threads', BODY, KEY);

    expect(failed.status).toBe(500);
    expect(await countsOf('threads', 'messages', 'idempotency_keys')).toEqual([0, 0, 0]);
    await app.database.query('DROP TRIGGER no_commit ON idempotency_keys');
    const retried = await app.a.post('/v1/threads', BODY, KEY);
    expect([retried.status, retried.headers.get('idempotent-replayed')]).toEqual([200, null]);
    expect(await countsOf('threads', 'messages', 'idempotency_keys')).toEqual([1, 1, 1]);
  });

  // Broken by a statement of the work that goes past the transaction: its row would stay.
  it('is nothing when the connection ends between the work and the reply', async () => {
    await app.database.query(`
      CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
      ALTER FUNCTION kill() SECURITY DEFINER;
      CREATE TRIGGER killed BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION kill()`);

    const failed = await app.a.post('/v1/threads', BODY, KEY);

    expect([failed.status, failed.body.error.code]).toEqual([503, 'service_unavailable']);
    expect(await countsOf('threads', 'messages', 'idempotency_keys')).toEqual([0, 0, 0]);
    await app.database.query('DROP TRIGGER killed ON idempotency_keys');
    expect((await app.a.post('/v1/threads', BODY, KEY)).status).toBe(200);
  });

  const expire = (age: string): Promise<unknown> =>
    app.database.query(`UPDATE idempotency_keys SET expires_at = now() - $1::interval`, [age]);

  // Broken by a look at the key that does not ask when it expires, and by an INSERT that refuses an expired one.
  it('is not used when it has expired, deleted or not: the request is a new one', async () => {
    const first = ok(await app.a.post('/v1/threads', BODY, KEY));
    await expire('1 second');

    const second = await app.a.post('/v1/threads', { metadata: { another: 'body' } }, KEY);

    expect(second.headers.get('idempotent-replayed')).toBeNull();
    expect(ok(second).id).not.toBe(first.id);
    expect((await app.a.post('/v1/threads', { metadata: { another: 'body' } }, KEY)).body).toEqual(second.body);
    expect(await countsOf('threads', 'idempotency_keys')).toEqual([2, 1]);
  });

  // Broken by a job that deletes one batch only, or what has not expired, or that is not run.
  it('is deleted by a server in the end, however much there is, and what is still of use stays', async () => {
    ok(await app.a.post('/v1/threads', BODY, KEY));
    await app.database.query(`
      INSERT INTO idempotency_keys (project_id, key, fingerprint, status, body, expires_at)
      SELECT project_id, 'old-' || i, fingerprint, 200, '{}', now() - interval '1 day'
      FROM idempotency_keys, generate_series(1, 2500) AS i`);

    const server = await startServerOn(app.database);
    await until(async () => (await countsOf('idempotency_keys'))[0] === 1);
    await server.close();

    expect((await app.a.post('/v1/threads', BODY, KEY)).headers.get('idempotent-replayed')).toBe('true');
  });
});

describe('a reply', () => {
  it.each([
    [24, {}],
    [2, { IDEMPOTENCY_TTL: '2' }],
  ])('is kept for %s hours with %o', async (hours, env) => {
    const app = await startApp(env);
    try {
      ok(await app.a.post('/v1/threads', BODY, KEY));
      const [row] = await app.database.query<{ hours: number }>(
        'SELECT round(extract(epoch FROM expires_at - now()) / 3600)::int AS hours FROM idempotency_keys',
      );
      expect(row).toEqual({ hours });
    } finally {
      await app.close();
    }
  });
});
