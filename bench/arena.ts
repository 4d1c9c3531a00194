import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Contestant, Generator, startThreadstore } from './processes.js';

/** The key of the default project in every run. */
export const KEY = 'sk-ts-benchmark-key-of-the-default-project';

/** Threadstore with an embedded PostgreSQL of its own, and what is needed to measure it. */
export interface Arena {
  readonly dataDir: string;
  readonly threadstore: Contestant;
  readonly generator: Generator;
  readonly databaseUrl: string;
  readonly db: Client;
  readonly postmaster: number;
  close(): Promise<void>;
}

export async function openArena(env: Record<string, string> = {}): Promise<Arena> {
  const directory = await mkdtemp(join(tmpdir(), 'threadstore-bench-'));
  // When root runs this, PostgreSQL runs as another user, who has to get through.
  await chmod(directory, 0o755);
  const dataDir = join(directory, 'data');
  const start = () => startThreadstore(dataDir, { API_KEY: KEY, ADMIN_API_KEY: `${KEY}-admin`, ...env });
  // The first start migrates, which takes memory that later ones do not need.
  await (await start()).end();
  const threadstore = await start();
  const read = async (name: string): Promise<string> => (await readFile(join(dataDir, name), 'utf8')).trim();
  const socket = encodeURIComponent(join(dataDir, 'socket'));
  const databaseUrl = `postgresql://postgres:${await read('postgres-password')}@/threadstore?host=${socket}`;
  const db = new Client({ connectionString: databaseUrl });
  // Its PostgreSQL may be stopped before it is.
  db.on('error', () => undefined);
  await db.connect();
  const generator = await Generator.start();
  return {
    dataDir,
    threadstore,
    generator,
    databaseUrl,
    db,
    postmaster: Number((await read('postgres/postmaster.pid')).split('\n')[0]),
    close: async () => {
      await Promise.all([generator.end(), db.end()]);
      await threadstore.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
