import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client as Postgres } from 'pg';
import { aThread, ok } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

const API_KEY = 'sk-ts-of-the-tenant-CANARYKEY-of-the-tenant';
const ADMIN_API_KEY = 'sk-ts-admin-CANARYADMINKEY-of-the-installation';
const WRONG_KEY = 'sk-ts-a-wrong-key-CANARYWRONGKEY-that-nobody-has';
const TEXT = 'CANARYTEXT, said in private';

/** What callers say in headers, URLs and names: it may come back to them, and may not be kept in a log. */
const HEADER = 'CANARYHEADER';
const URL_PART = 'CANARYURL';

const SECRETS = /CANARY(KEY|ADMINKEY|WRONGKEY|TEXT)/;
const ANY = /CANARY/;
const SQL = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|RETURNING|prisma\.\$)\b/;

// What breaks it: an error that is logged with its message, a URL or a header in a line of the log, a log of PostgreSQL
// that quotes rows, an answer that passes on what the database said.
describe('a server at LOG_LEVEL=trace, whatever goes wrong', () => {
  let installation: Installation;
  let server: ServerProcess;
  let superuser: Postgres;
  const refusals: Answer[] = [];

  let sent = 0;
  const headers = {
    'user-agent': HEADER,
    cookie: `session=${HEADER}`,
    // As a valid id it would be in the log, where it belongs.
    'x-request-id': `not an id: ${HEADER}`,
    traceparent: HEADER,
    'openai-organization': HEADER,
    get 'idempotency-key'() {
      return `${HEADER}-${++sent}`;
    },
  };
  const body = { messages: [{ role: 'user', content: TEXT }], metadata: { [TEXT]: TEXT } };

  beforeAll(async () => {
    installation = await Installation.make();
    server = await installation.start({ LOG_LEVEL: 'trace', API_KEY, ADMIN_API_KEY });
    const secret = (await installation.read('postgres-password')).trim();
    const socket = encodeURIComponent(`${installation.dataDir}/socket`);
    superuser = new Postgres(`postgresql://postgres:${secret}@/threadstore?host=${socket}`);
    await superuser.connect();
    await everythingThatWorks();
    await everythingThatIsRefused();
    await everythingThatFails();
  });

  afterAll(async () => {
    await superuser.end();
    await installation.remove();
  });

  const tenant = (): Client => new Client(server.url, API_KEY);
  const admin = (): Client => new Client(server.url, ADMIN_API_KEY);

  async function everythingThatWorks(): Promise<void> {
    const thread = ok(await tenant().post('/v1/threads', body, headers));
    ok(await tenant().post(`/v1/threads/${thread.id}/messages`, { role: 'user', content: TEXT }, headers));
    ok(await tenant().get(`/v1/threads/${thread.id}/messages?run_id=${URL_PART}`, headers));
    ok(await tenant().get(`/v1/threads?metadata[${URL_PART}]=${encodeURIComponent(TEXT)}`, headers));
    ok(await tenant().patch(`/v1/threads/${thread.id}`, { metadata: { [TEXT]: null } }, headers));
    const project = ok(await admin().post('/v1/organization/projects', { name: TEXT }, headers));
    ok(await admin().post(`/v1/organization/projects/${project.id}/service_accounts`, { name: TEXT }, headers));
    ok(await admin().post(`/v1/organization/projects/${project.id}/archive`, undefined, headers));
  }

  async function everythingThatIsRefused(): Promise<void> {
    const json = { ...headers, 'content-type': 'application/json' };
    const wrong = new Client(server.url, WRONG_KEY);
    refusals.push(
      await wrong.post('/v1/threads', body, headers),
      await tenant().get('/v1/organization/projects', headers),
      await tenant().get('/v1/threads', { ...headers, authorization: `Basic ${WRONG_KEY}` }),
      await tenant().send('POST', '/v1/threads', { headers: json, body: `{"content": "${TEXT}` }),
      await tenant().post('/v1/threads', { ...body, metadata: { long: TEXT.repeat(100) } }, headers),
      await tenant().post('/v1/threads/thread_abc', { metadata: { long: TEXT.repeat(100_000) } }, headers),
      await tenant().post(`/v1/threads/thread_${URL_PART}/messages`, { role: 'user', content: TEXT }, headers),
      await tenant().send('POST', '/v1/threads', { headers: { ...headers, 'content-type': 'text/plain' }, body: TEXT }),
      await tenant().get(`/v1/nowhere/${URL_PART}?key=${URL_PART}`, headers),
      await tenant().get(`/v1/threads/%zz${URL_PART}`, headers),
      await tenant().send('PUT', `/v1/threads?${URL_PART}`, { headers, body: TEXT }),
      await tenant().get(`/v1/threads?after=${URL_PART}&limit=${URL_PART}`, headers),
    );
    expect(refusals.filter(({ status }) => status < 400 || status >= 500)).toEqual([]);
  }

  /** Each of these makes PostgreSQL quote the row, the value or the statement in what it says. */
  async function everythingThatFails(): Promise<void> {
    const thread = await aThread(tenant());
    const write = (): Promise<Answer> =>
      tenant().post(`/v1/threads/${thread.id}/messages`, { role: 'user', content: TEXT }, headers);
    const failing = async (breaking: string, mending: string): Promise<void> => {
      await superuser.query(breaking);
      // Without a key they go another way, which they may share with others.
      refusals.push(await write(), await tenant().post('/v1/threads', body, headers));
      refusals.push(await tenant().post('/v1/threads', body));
      await superuser.query(mending);
    };
    await failing(
      'ALTER TABLE messages ADD CONSTRAINT no CHECK (false) NOT VALID',
      'ALTER TABLE messages DROP CONSTRAINT no',
    );
    await failing(
      'ALTER TABLE messages RENAME COLUMN content TO gone',
      'ALTER TABLE messages RENAME COLUMN gone TO content',
    );
    await failing('ALTER TABLE messages RENAME TO gone', 'ALTER TABLE gone RENAME TO messages');
    await failing(
      `CREATE FUNCTION quote_row() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'not this: %', NEW USING DETAIL = NEW.content, HINT = NEW.metadata; END $$;
       CREATE TRIGGER quote_row BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION quote_row()`,
      'DROP FUNCTION quote_row CASCADE',
    );
    await failing(
      `ALTER TABLE messages ALTER COLUMN role TYPE integer USING 1`,
      `ALTER TABLE messages ALTER COLUMN role TYPE text USING 'user'`,
    );
    await superuser.query('REVOKE INSERT ON messages FROM threadstore');
    refusals.push(await write());
    await superuser.query('GRANT INSERT ON messages TO threadstore');
    // A statement that waits for a lock, and is ended with its connection.
    await superuser.query('BEGIN; LOCK TABLE messages');
    const waiting = write();
    await until(async () => (await blocked()) > 0);
    await superuser.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'threadstore'`,
    );
    await superuser.query('COMMIT');
    refusals.push(await waiting);
  }

  const blocked = async (): Promise<number> =>
    (await superuser.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount ?? 0;

  it('fails as it was made to', () => {
    expect(new Set(refusals.map(({ status }) => status))).toEqual(
      new Set([400, 401, 403, 404, 405, 413, 415, 500, 503]),
    );
  });

  it('answers with no secret, and with no word of SQL', () => {
    const bodies = refusals.map(({ body: answer }) => JSON.stringify(answer));

    expect(bodies.filter((text) => SECRETS.test(text) || SQL.test(text))).toEqual([]);
  });

  it('logs nothing that a caller said, and no word of SQL', () => {
    const lines = (server.stdout + server.stderr).split('\n');

    expect(lines.filter((line) => ANY.test(line) || SQL.test(line))).toEqual([]);
    expect(lines.filter((line) => line.includes('"level":50')).length).toBeGreaterThanOrEqual(5);
    expect(lines.filter((line) => line.includes('"sqlState":"23514"'))).not.toEqual([]);
  });

  it('has a PostgreSQL that logs none of it either', async () => {
    const lines = (await installation.read('postgres/server.log')).split('\n');

    expect(lines.filter((line) => ANY.test(line) || SQL.test(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(1);
  });
});

describe('a server that ends for an error', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.make();
  });

  afterAll(() => installation.remove());

  // What breaks it: no handler of uncaught errors, since Node prints all that is in them.
  it('says where, and not what was in it', async () => {
    // The source is part of the stack here, so it spells the canary in two halves.
    const crash = `process.on('SIGUSR2', () => {
      const said = 'CAN' + 'ARYTEXT';
      Promise.reject(Object.assign(new Error(said), { code: 'P2010', meta: { values: [said] } }));
    })`;
    const server = await installation.start({
      API_KEY,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}`,
    });

    const { code, stdout, stderr } = await server.end('SIGUSR2');

    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ level: 60, err: { type: 'Error', code: 'P2010' } });
    expect(stdout + stderr).not.toMatch(ANY);
  });

  it('does not show the password of its database', async () => {
    const url = 'postgresql://nobody:CANARYPASSWORD@127.0.0.1:1/threadstore?sslmode=CANARYMODE';

    const server = await installation.startWithoutDatabase({ DATABASE_URL: url, MIGRATE: 'off' });
    const { stdout, stderr } = await server.end('SIGTERM');

    expect(stdout + stderr).not.toMatch(ANY);
  });
});
