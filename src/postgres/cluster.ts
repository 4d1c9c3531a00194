import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir, totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import { constrainedMemory } from 'node:process';
import type { Programs } from './programs.js';
import type { Runner } from './unprivileged.js';

const SOCKET_NAME = '/.s.PGSQL.5432';

/** What fits into the address of a Unix socket: 103 bytes on macOS, 107 on Linux. */
const LONGEST_SOCKET_PATH = 103;

const START_TIMEOUT_S = 60;
const STOP_TIMEOUT_S = 20;

/** The files of the embedded PostgreSQL below DATA_DIR, and its process. */
export class Cluster {
  private readonly files: string;

  constructor(
    private readonly dataDir: string,
    private readonly programs: Programs,
    private readonly runner: Runner,
  ) {
    this.files = join(dataDir, 'postgres');
  }

  /** The directory of the socket: below DATA_DIR, or where the path is too long for one, a directory like it. */
  get socketDir(): string {
    const socketDir = join(this.dataDir, 'socket');
    if (Buffer.byteLength(socketDir + SOCKET_NAME) <= LONGEST_SOCKET_PATH) return socketDir;
    const name = createHash('sha256').update(this.dataDir).digest('hex').slice(0, 16);
    return join(tmpdir(), `threadstore-${name}`);
  }

  /** The superuser's password, made at the first start and kept below DATA_DIR. */
  async password(): Promise<string> {
    return (await readFile(this.passwordFile, 'utf8')).trim();
  }

  /** Makes the files unless they are there, and starts PostgreSQL unless it runs: one left by a killed server is kept. */
  async start(maxConnections: number, meanwhile?: () => Promise<unknown>): Promise<void> {
    await this.openDataDir();
    if (!(await exists(this.files))) await this.create();
    if (await this.isRunning()) return;
    await this.giveAll();
    await this.ownDir(this.socketDir);
    await this.configure(maxConnections);
    const log = join(this.files, 'server.log');
    const started = this.pgCtl('start', '-l', log, '-t', String(START_TIMEOUT_S)).catch((cause: unknown) => {
      throw new Error(`The embedded PostgreSQL did not start. Its log is ${log}.`, { cause });
    });
    await Promise.all([started, meanwhile?.()]);
  }

  async stop(): Promise<void> {
    await this.pgCtl('stop', '-m', 'fast', '-t', String(STOP_TIMEOUT_S));
  }

  private get passwordFile(): string {
    return join(this.dataDir, 'postgres-password');
  }

  private async pgCtl(command: string, ...args: string[]): Promise<void> {
    await this.runner.run(this.programs.pg_ctl, [command, '-D', this.files, '-s', '-w', ...args]);
  }

  /** Only we may look into DATA_DIR; when PostgreSQL runs as another user, that one may pass through. */
  private async openDataDir(): Promise<void> {
    await mkdir(this.dataDir, { recursive: true, mode: 0o700 });
    await chmod(this.dataDir, this.runner.user ? 0o710 : 0o700);
    if (this.runner.user) await chown(this.dataDir, 0, this.runner.user.gid);
  }

  /** One below the temporary directory may have been put there by someone else, or lead elsewhere. */
  private async ownDir(path: string): Promise<void> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await lstat(path);
    const isOurs = [userInfo().uid, this.runner.user?.uid].includes(found.uid);
    if (!found.isDirectory() || !isOurs) throw new Error(`${path} belongs to someone else. Remove it first.`);
    await chmod(path, 0o700);
    await this.give(path);
  }

  /** Gives a file to the user that PostgreSQL runs as. */
  private async give(path: string): Promise<void> {
    if (this.runner.user) await chown(path, this.runner.user.uid, this.runner.user.gid);
  }

  /** A DATA_DIR that was moved may have to be run as another user than before, see `findRunner`. */
  private async giveAll(): Promise<void> {
    const { uid } = await stat(this.files);
    const { uid: wanted, gid } = this.runner.user ?? userInfo();
    if (uid === wanted || userInfo().uid !== 0) return;
    const entries = await readdir(this.files, { recursive: true });
    const paths = [this.files, this.passwordFile, ...entries.map((entry) => join(this.files, entry))];
    await Promise.all(paths.map((path) => lchown(path, wanted, gid)));
  }

  private async write(path: string, content: string): Promise<void> {
    await writeFile(path, content, { mode: 0o600 });
    await this.give(path);
  }

  /** The files are made aside and moved into place, so that a start that is killed leaves nothing half. */
  private async create(): Promise<void> {
    if (!(await exists(this.passwordFile)))
      await this.write(this.passwordFile, `${randomBytes(24).toString('base64url')}\n`);
    const aside = await mkdtemp(`${this.files}.new-`);
    await this.give(aside);
    await this.runner.run(this.programs.initdb, [
      `--pgdata=${aside}`,
      '--username=postgres',
      `--pwfile=${this.passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ]);
    await rename(aside, this.files);
    const leftovers = (await readdir(this.dataDir)).filter((name) => name.startsWith('postgres.new-'));
    await Promise.all(leftovers.map((name) => rm(join(this.dataDir, name), { recursive: true })));
  }

  /** Nothing but a socket that only we can open. All that makes a commit durable is left on, as PostgreSQL has it. */
  private async configure(maxConnections: number): Promise<void> {
    const settings = {
      listen_addresses: '',
      unix_socket_directories: this.socketDir,
      unix_socket_permissions: '0700',
      max_connections: String(maxConnections),
      shared_buffers: `${cacheMegabytes()}MB`,
      timezone: 'UTC',
      // A store that fills up is planned for what is in it soon: by default that takes up to a minute.
      autovacuum_naptime: '10s',
      // Its errors are the server's to tell. PostgreSQL would quote the statement, and the row with what was said.
      log_min_messages: 'log',
      log_min_error_statement: 'panic',
      log_error_verbosity: 'terse',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    await this.write(join(this.files, 'postgresql.conf'), lines.join(''));
  }

  /** After a crash of the machine `postmaster.pid` may name a process that is someone else's by now. */
  private async isRunning(): Promise<boolean> {
    const pidFile = join(this.files, 'postmaster.pid');
    if (!(await exists(pidFile))) return false;
    const isRunning = await this.pgCtl('status').then(
      () => true,
      () => false,
    );
    const pid = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0];
    if (isRunning && (await isPostgresOf(this.files, pid))) return true;
    if (isRunning) await Promise.all([pidFile, `${this.socketDir}${SOCKET_NAME}.lock`].map(disown));
    return false;
  }
}

/**
 * What PostgreSQL keeps of the store in memory, once it has read it: by default 128 MB, which 300,000 threads with their
 * indexes are more than, and a thread that is not there took twice as long. In MB: an eighth of what the machine or the
 * container has, since others live there too, and 512 at most.
 */
function cacheMegabytes(): number {
  const memory = Math.min(totalmem(), constrainedMemory() || Infinity);
  return Math.min(512, Math.max(128, Math.floor(memory / 8 / 1024 / 1024)));
}

/** Higher than the ids of processes go. */
const NO_PROCESS = '2147483646';

/**
 * Makes a lock file name no process, so that PostgreSQL starts beside the one that has the number now. The rest of the
 * file stays: by it PostgreSQL finds out whether something still uses its memory.
 */
async function disown(lockFile: string): Promise<void> {
  const content = await readFile(lockFile, 'utf8').catch(() => undefined);
  if (content !== undefined) await writeFile(lockFile, content.replace(/^\d+/, NO_PROCESS));
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Whether a process is the PostgreSQL of these files; one that ended and was not waited for has no arguments. Where
 * there is no /proc the word of `pg_ctl` has to do.
 */
async function isPostgresOf(files: string, pid: string | undefined): Promise<boolean> {
  if (!(await exists('/proc/self'))) return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [, option, path = ''] = command.split('\0');
  const [used, ours] = await Promise.all([path, files].map((each) => realpath(each).catch(() => each)));
  return option === '-D' && used === ours;
}
