import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase } from '../support/database.js';
import { Installation, isAlive, STARTS_TIMEOUT_MS, untilGone } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

describe('node dist/main.js, after a crash of the machine', () => {
  const installations: Installation[] = [];
  const bystanders: ChildProcess[] = [];

  afterEach(async () => {
    for (const bystander of bystanders.splice(0)) {
      bystander.kill('SIGKILL');
      await once(bystander, 'close');
    }
    for (const installation of installations.splice(0)) await installation.remove();
  });

  const processOf = async (installation: Installation, script: string): Promise<number> => {
    const bystander = await spawnAsPostgres(installation, script);
    bystanders.push(bystander);
    const [printed]: unknown[] = await once(bystander.stdout!, 'data');
    return Number(printed);
  };

  // `sleep` does not wait for the child that it inherits, so that one stays a zombie called postgres.
  const processThatEnded = async (installation: Installation): Promise<number> => {
    const pid = await processOf(installation, 'postgres --version >&2 & echo $!; exec sleep 600');
    await untilGone(pid);
    return pid;
  };

  const strangers: [string, (installation: Installation) => Promise<number>][] = [
    ['is another program', (installation) => processOf(installation, 'echo $$; exec sleep 600')],
    ['has ended', processThatEnded],
    ['is another PostgreSQL', processOfAnotherPostgres],
  ];

  it.each(strangers)('starts although the files of PostgreSQL name a process that %s', async (_, findStranger) => {
    const installation = await Installation.make();
    installations.push(installation);
    const first = await installation.start();
    const apiKey = (await installation.read('api-key')).trim();
    const thread = await aThread(new Client(first.url, apiKey));
    const postgres = (await installation.postgresPid())!;
    process.kill(postgres, 'SIGKILL');
    await first.end('SIGKILL');
    await untilGone(postgres);
    const stranger = await findStranger(installation);
    const wasAlive = await isAlive(stranger);
    await nameInFiles(installation, stranger);

    const second = await installation.start();

    expect((await new Client(second.url, apiKey).get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    expect(await installation.postgresPid()).not.toBe(stranger);
    expect(await isAlive(stranger)).toBe(wasAlive);
  });
});

/** Runs a script as the user that PostgreSQL runs as. It has to print the id of a process first. */
async function spawnAsPostgres({ dataDir }: Installation, script: string): Promise<ChildProcess> {
  const files = join(dataDir, 'postgres');
  const { uid, gid } = await stat(files);
  const [postgres = ''] = (await readFile(join(files, 'postmaster.opts'), 'utf8')).split(' ');
  return spawn('sh', ['-c', script], {
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    cwd: '/',
    env: { PATH: `${dirname(postgres)}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** One of the PostgreSQL of this run, which uses other files. */
async function processOfAnotherPostgres(): Promise<number> {
  const database = await createDatabase();
  const checkpointers = await database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
  );
  await database.drop();
  return checkpointers[0]!.pid;
}

async function nameInFiles({ dataDir }: Installation, pid: number): Promise<void> {
  for (const name of ['postgres/postmaster.pid', 'socket/.s.PGSQL.5432.lock']) {
    const path = join(dataDir, name);
    await writeFile(path, (await readFile(path, 'utf8')).replace(/^\d+/, String(pid)));
  }
}
