import { createHash } from 'node:crypto';
import { readdir, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase } from '../support/database.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

describe('node dist/main.js, on a DATA_DIR that is in use', () => {
  let installation: Installation;
  let first: ServerProcess;

  beforeAll(async () => {
    installation = await Installation.make();
    first = await installation.start();
  });

  afterAll(() => installation.remove());

  it('names the process that uses it and ends, and that one goes on', async () => {
    const client = new Client(first.url, (await installation.read('api-key')).trim());
    const before = await aThread(client);
    const postgres = await installation.postgresPid();

    const second = await installation.startInVain();

    expect(second).toEqual({
      code: 1,
      stdout: '',
      stderr: `Another Threadstore (process ${first.pid}) is using ${installation.dataDir}. Stop it first, or give this server another DATA_DIR.\n`,
    });
    expect(await installation.postgresPid()).toBe(postgres);
    expect((await client.get(`/v1/threads/${before.id}`)).body).toEqual(before);
    expect((await client.get(`/v1/threads/${(await aThread(client)).id}`)).status).toBe(200);
    expect((await client.get('/health/ready')).status).toBe(200);
  });
});

describe('node dist/main.js, with what it cannot use', () => {
  let installation: Installation;

  beforeEach(async () => {
    installation = await Installation.make();
  });

  afterEach(() => installation.remove());

  it('lists every variable that is wrong, without the values of secrets', async () => {
    const ended = await installation.startInVain({
      PORT: '70000',
      BODY_LIMIT: '12',
      DATABASE_URL: 'mysql://user:a-secret@localhost/threads',
      DATABASE_POOL_SIZE: 'many',
      MIGRATE: 'perhaps',
      LOG_LEVEL: 'loud',
      OPENAI_BETA: 'never',
      API_KEY: 'too short',
      ADMIN_API_KEY: 'one that has a line\nbreak',
    });

    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'The configuration is wrong:',
        '  DATABASE_URL must begin with postgresql://.',
        "  PORT must be a whole number from 0 to 65535, but is '70000'.",
        "  DATABASE_POOL_SIZE must be a whole number from 1 to 1000, but is 'many'.",
        "  MIGRATE must be one of on, off, but is 'perhaps'.",
        '  API_KEY must have at least 16 characters, but has 9.',
        '  ADMIN_API_KEY must be printable ASCII without spaces around it, as it travels in a header.',
        "  BODY_LIMIT must be a whole number from 1024 to 536870912, but is '12'.",
        "  OPENAI_BETA must be one of optional, required, but is 'never'.",
        "  LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace, but is 'loud'.",
        '',
      ].join('\n'),
    });
  });

  it('says that one key cannot be for a project and for administration', async () => {
    const key = 'the same key for both';

    const ended = await installation.startInVain({ API_KEY: key, ADMIN_API_KEY: key });

    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/API_KEY and ADMIN_API_KEY must differ/);
    expect(ended.stderr).not.toContain(key);
  });

  it('says that the PostgreSQL of DATABASE_URL does not take its password', async () => {
    const database = await createDatabase();
    try {
      const ended = await installation.startInVain({
        DATABASE_URL: database.url.replace(/:[^:@]+@/, ':a-wrong-secret@'),
      });

      expect(ended).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^.*password authentication failed for user "threadstore"\n$/),
      });
    } finally {
      await database.drop();
    }
  });

  it('ends when its port is taken, and leaves no PostgreSQL behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    try {
      const ended = await installation.startInVain({ PORT: String(port) });

      expect(ended.code).toBe(1);
      expect(ended.stdout).not.toContain('Threadstore is ready');
      expect(ended.stderr).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
      expect(await readdir(`${installation.dataDir}/postgres`)).not.toContain('postmaster.pid');
    } finally {
      taken.close();
    }
  });
});

describe('node dist/main.js, on a DATA_DIR whose path is too long for a socket', () => {
  // What breaks it: a directory in a place where everyone may write that is used without a look at whose it is.
  it('uses no directory that someone else has put where its socket would be', async () => {
    const installation = await Installation.make({ below: 'long'.repeat(25) });
    const name = createHash('sha256').update(installation.dataDir).digest('hex').slice(0, 16);
    const trap = join(tmpdir(), `threadstore-${name}`);
    await symlink(tmpdir(), trap);
    try {
      const ended = await installation.startInVain();

      expect(ended).toEqual({
        code: 1,
        stdout: '',
        stderr: `${trap} belongs to someone else. Remove it first.\n`,
      });
    } finally {
      await rm(trap);
      await installation.remove();
    }
  });
});
