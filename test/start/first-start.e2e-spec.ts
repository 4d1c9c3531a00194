import { readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { openApi } from '../support/contract.js';
import { createDatabase } from '../support/database.js';
import { Installation, modeOf, type ServerProcess, STARTS_TIMEOUT_MS } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const KEY = '[0-9A-Za-z]{49}';

async function othersMayEnter(path: string): Promise<boolean> {
  if (!/[1357]$/.test(await modeOf(path))) return false;
  return dirname(path) === path || othersMayEnter(dirname(path));
}

describe('node dist/main.js, for the first time', () => {
  let installation: Installation;
  let server: ServerProcess;

  beforeAll(async () => {
    installation = await Installation.make();
    server = await installation.start();
  });

  afterAll(() => installation.remove());

  it('says where everything is, and shows both keys', async () => {
    const apiKey = (await installation.read('api-key')).trim();
    const adminApiKey = (await installation.read('admin-api-key')).trim();

    expect(apiKey).toMatch(new RegExp(`^sk-ts-${KEY}$`));
    expect(adminApiKey).toMatch(new RegExp(`^sk-ts-admin-${KEY}$`));
    expect(server.stdout).toBe(
      [
        '',
        'Threadstore is ready.',
        '',
        `  API        ${server.url}/v1`,
        `  Docs       ${server.url}/docs`,
        `  Data       ${installation.dataDir}`,
        `  API key    ${apiKey}`,
        `             (kept in ${join(installation.dataDir, 'api-key')})`,
        `  Admin key  ${adminApiKey}`,
        `             (kept in ${join(installation.dataDir, 'admin-api-key')})`,
        '\n',
      ].join('\n'),
    );
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.stderr).toBe('');
  });

  it('makes keys that work: one for the default project, one to administer', async () => {
    const project = new Client(server.url, (await installation.read('api-key')).trim());
    const admin = new Client(server.url, (await installation.read('admin-api-key')).trim());

    expect((await project.get('/v1/threads')).status).toBe(200);
    expect((await admin.get('/v1/organization/projects')).body.data).toEqual([
      expect.objectContaining({ name: 'Default project', status: 'active' }),
    ]);
  });

  it('answers where the banner says', async () => {
    const anonymous = new Client(server.url, undefined);

    expect((await anonymous.get('/docs')).status).toBe(200);
    expect((await anonymous.get('/health/ready')).body).toEqual({ status: 'ok' });
  });

  // It breaks when something is lost on the way from the modules into a few files.
  it('describes itself as openapi.json does', async () => {
    expect((await new Client(server.url, undefined).get('/docs-json')).body).toEqual(openApi);
  });

  it('keeps everything below DATA_DIR from other users', async () => {
    const entries = await readdir(installation.dataDir, { recursive: true, withFileTypes: true });
    const modes = await Promise.all(
      entries.map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return [relative(installation.dataDir, path), entry.isFile() ? '0600' : '0700', await modeOf(path)] as const;
      }),
    );

    const secret = ['api-key', 'admin-api-key', 'postgres', 'postgres-password', 'postgres/server.log', 'socket'];
    expect(modes.map(([path]) => path)).toEqual(expect.arrayContaining([...secret, 'socket/.s.PGSQL.5432']));
    expect(modes.filter(([, wanted, mode]) => mode !== wanted)).toEqual([]);
    // As root, PostgreSQL is another user, who may pass through to its own files and list nothing; but where others may
    // not enter the directory of the server, it is root in a user namespace.
    const isAnother = userInfo().uid === 0 && (await othersMayEnter(process.cwd()));
    expect(await modeOf(installation.dataDir)).toBe(isAnother ? '0710' : '0700');
  });
});

describe('node dist/main.js, with keys of one’s own', () => {
  it('takes them as they are and generates none', async () => {
    const installation = await Installation.make();
    try {
      const keys = { API_KEY: 'My API Key, 26 characters.', ADMIN_API_KEY: 'My admin key, 28 characters.' };
      const server = await installation.start(keys);

      expect(server.stdout).not.toMatch(/key/i);
      expect((await readdir(installation.dataDir)).filter((name) => name.includes('key'))).toEqual([]);
      await aThread(new Client(server.url, keys.API_KEY));
      expect((await new Client(server.url, keys.ADMIN_API_KEY).get('/v1/organization/projects')).status).toBe(200);
    } finally {
      await installation.remove();
    }
  });
});

describe('node dist/main.js, with a DATA_DIR whose parent is not there yet', () => {
  it('makes it', async () => {
    const installation = await Installation.make({ below: 'not/there/yet' });
    try {
      const server = await installation.start();

      expect((await new Client(server.url, undefined).get('/health/ready')).status).toBe(200);
    } finally {
      await installation.remove();
    }
  });
});

describe('node dist/main.js, with a DATA_DIR in a directory that others may not enter', () => {
  it('starts, and starts again with its data', async () => {
    const installation = await Installation.make({ parentMode: 0o700 });
    try {
      const first = await installation.start();
      const apiKey = (await installation.read('api-key')).trim();
      const thread = await aThread(new Client(first.url, apiKey));
      await first.end('SIGKILL');

      const second = await installation.start();

      expect((await new Client(second.url, apiKey).get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    } finally {
      await installation.remove();
    }
  });
});

describe('node dist/main.js, with a DATABASE_URL', () => {
  it('uses that PostgreSQL, starts none, and keeps the first keys in DATA_DIR', async () => {
    const database = await createDatabase({ empty: true });
    const installation = await Installation.make();
    try {
      const server = await installation.start({ DATABASE_URL: database.ownerUrl });

      expect(server.stdout).toContain('  Data       PostgreSQL of DATABASE_URL\n');
      expect(await readdir(installation.dataDir)).toEqual(['admin-api-key', 'api-key']);
      const thread = await aThread(new Client(server.url, (await installation.read('api-key')).trim()));
      expect(await database.query('SELECT id FROM threads')).toEqual([{ id: thread.id }]);
      expect((await server.end('SIGTERM')).code).toBe(0);
    } finally {
      await installation.remove();
      await database.drop();
    }
  });
});
