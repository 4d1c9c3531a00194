import { createHash, createHmac } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOfNewProject, startApp, startServerOn, type TestApp } from '../support/app.js';
import { Client } from '../support/client.js';

const KEY_PEPPER = 'the pepper of this very test';

/** Within this a key that is revoked or expires has to stop working, on every server. */
const PROMISED_MS = 1_000;

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ KEY_PEPPER });
});

afterAll(() => app.close());

const bytesOf = (hash: string): string => `\\x${hash}`;

describe('a stored key', () => {
  // What breaks it: a key that is stored as it is, or as a hash that needs no secret to be computed. Keys are found by
  // this keyed hash: how long a look-up takes says something of a hash that nobody can compute, and nothing of a key.
  it('is its HMAC under the pepper, and is in no column of any table', async () => {
    const key = String(app.b.key);
    const rows = await app.database.query(
      `SELECT to_jsonb(t)::text AS row FROM api_keys t UNION ALL SELECT to_jsonb(t)::text FROM admin_api_keys t`,
    );
    const all = rows.map(({ row }) => row).join('\n');

    expect(all).toContain(bytesOf(createHmac('sha256', KEY_PEPPER).update(key).digest('hex')));
    for (const hash of ['sha256', 'sha512', 'sha1', 'md5']) {
      expect(all).not.toContain(createHash(hash).update(key).digest('hex'));
    }
    expect(all).not.toContain(Buffer.from(key).toString('hex'));
    expect(all).not.toContain(key.slice(6, -4));
  });

  it('opens nothing on a server with another pepper', async () => {
    const other = await startServerOn(app.database, {
      KEY_PEPPER: 'another pepper',
      API_KEY: 'a key of its own, here',
    });
    try {
      expect((await app.b.get('/v1/threads')).status).toBe(200);
      expect((await new Client(other.url, app.b.key).get('/v1/threads')).status).toBe(401);
    } finally {
      await other.close();
    }
  });

  it('stops working on every server within a second of its expiry, while it is in use', async () => {
    const other = await startServerOn(app.database, { KEY_PEPPER });
    try {
      const here = await clientOfNewProject(app.admin, 'Ends soon');
      const both = [here, new Client(other.url, here.key)];
      const statuses = async (): Promise<number[]> =>
        (await Promise.all(both.map((client) => client.get('/v1/threads')))).map(({ status }) => status);
      expect(await statuses()).toEqual([200, 200]);

      const hash = createHmac('sha256', KEY_PEPPER).update(String(here.key)).digest();
      await app.database.query('UPDATE api_keys SET expires_at = now() WHERE hash = $1', [hash]);
      await setTimeout(PROMISED_MS);

      expect(await statuses()).toEqual([401, 401]);
    } finally {
      await other.close();
    }
  });
});
