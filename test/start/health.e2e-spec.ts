import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startServerOn } from '../support/app.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

const AWAY = {
  error: {
    message: 'The server is temporarily unable to answer: The database does not answer. Please try again shortly.',
    type: 'server_error',
    param: null,
    code: 'service_unavailable',
  },
};

describe('GET /health', () => {
  const API_KEY = 'the key of this very test';
  let database: TestDatabase;
  let server: Awaited<ReturnType<typeof startServerOn>>;
  let anonymous: Client;

  beforeEach(async () => {
    database = await createDatabase();
    server = await startServerOn(database, { API_KEY });
    anonymous = new Client(server.url, undefined);
  });

  afterEach(() => server.close());

  it('is ready and live while the database answers, without a key and under /v1 too', async () => {
    for (const path of ['/health/ready', '/health/live', '/v1/health/ready', '/v1/health/live']) {
      const answer = await anonymous.get(path);

      expect([path, answer.status, answer.body]).toEqual([path, 200, { status: 'ok' }]);
    }
    await database.drop();
  });

  it('is live and not ready when the database is gone, and requests are refused for now', async () => {
    expect((await anonymous.get('/health/ready')).status).toBe(200);

    await database.drop();

    const ready = await anonymous.get('/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.body).toEqual(AWAY);
    expect(ready.headers.get('retry-after')).toBe('1');
    const live = await anonymous.get('/health/live');
    expect([live.status, live.body]).toEqual([200, { status: 'ok' }]);
    const refused = await new Client(server.url, API_KEY).get('/v1/threads');
    expect([refused.status, refused.body]).toEqual([503, AWAY]);
  });

  it('is not ready while a migration is missing', async () => {
    await database.query(`DELETE FROM _prisma_migrations WHERE migration_name = '0001_init'`);

    const ready = await anonymous.get('/health/ready');

    expect(ready.status).toBe(503);
    expect(ready.body.error.message).toBe(
      'The server is temporarily unable to answer: Migrations have not been applied: 0001_init. Please try again shortly.',
    );
    await database.drop();
  });
});
