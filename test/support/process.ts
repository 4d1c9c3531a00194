import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client as Postgres } from 'pg';

/** What a process said until it ended, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** For tests that start several servers, also where many other tests run beside them. */
export const STARTS_TIMEOUT_MS = 120_000;

const BANNER = /API {8}(http\S+)\/v1\n[^]*\n$/;
const POLL_MS = 20;

/** A child process and all that it says. */
export class ChildOutput {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(([code]: unknown[]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return begin(program, args, env).ended;
}

/** Starts a program that goes on until it is ended. */
export function begin(program: string, args: readonly string[], env: Record<string, string>): ChildOutput {
  return new ChildOutput(spawn(program, args, { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** A server that listens. */
export class ServerProcess {
  constructor(
    private readonly output: ChildOutput,
    readonly url: string,
  ) {}

  get pid(): number {
    return this.output.child.pid!;
  }

  /** The banner, once it is ready. */
  get stdout(): string {
    return this.output.stdout;
  }

  get stderr(): string {
    return this.output.stderr;
  }

  end(signal: NodeJS.Signals): Promise<Ended> {
    this.output.child.kill(signal);
    return this.output.ended;
  }
}

/** A DATA_DIR of its own, and the servers (`node dist/main.js`) that are started on it. */
export class Installation {
  private readonly servers: ChildOutput[] = [];
  private readonly postgresPids = new Set<number>();

  private constructor(
    private readonly parent: string,
    readonly dataDir: string,
  ) {}

  /** `below` names the DATA_DIR in a directory that is there; `parentMode` says who may enter that one. */
  static async make({ below = 'data', parentMode = 0o755 } = {}): Promise<Installation> {
    const parent = await mkdtemp(join(tmpdir(), 'threadstore-start-'));
    await chmod(parent, parentMode);
    return new Installation(parent, join(parent, below));
  }

  /** Starts a server and waits for its banner. */
  async start(env: Record<string, string> = {}): Promise<ServerProcess> {
    const output = this.spawn(env);
    const url = await Promise.race([this.urlOf(output), output.ended]);
    if (typeof url !== 'string') throw new Error(`The server ended: ${JSON.stringify(url)}`);
    const postgresPid = await this.postgresPid();
    if (postgresPid) this.postgresPids.add(postgresPid);
    return new ServerProcess(output, url);
  }

  /** Starts a server and waits until it answers, whether or not its database does. */
  async startWithoutDatabase(env: Record<string, string>): Promise<ServerProcess> {
    const port = await freePort();
    const output = this.spawn({ ...env, PORT: String(port) });
    const server = new ServerProcess(output, `http://127.0.0.1:${port}`);
    await until(async () => (await statusOf(`${server.url}/health/live`)) === 200);
    return server;
  }

  /** Starts a server that is expected to end by itself. */
  startInVain(env: Record<string, string> = {}): Promise<Ended> {
    return this.spawn(env).ended;
  }

  read(name: string): Promise<string> {
    return readFile(join(this.dataDir, name), 'utf8');
  }

  /** The process of its PostgreSQL, as `postmaster.pid` says; undefined when that file is not there. */
  async postgresPid(): Promise<number | undefined> {
    const text = await this.read('postgres/postmaster.pid').catch(() => '');
    return text ? Number(text.split('\n')[0]) : undefined;
  }

  /** Holds back all that writes threads, until the result is called. */
  async lockThreads(): Promise<() => Promise<void>> {
    const password = (await this.read('postgres-password')).trim();
    const socket = encodeURIComponent(join(this.dataDir, 'socket'));
    const superuser = new Postgres(`postgresql://postgres:${password}@/threadstore?host=${socket}`);
    await superuser.connect();
    await superuser.query('BEGIN; LOCK TABLE threads');
    return () => superuser.end();
  }

  /** Ends what still runs on it. */
  async end(): Promise<void> {
    for (const { child, ended } of this.servers.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
    for (const pid of this.postgresPids) {
      if (await isAlive(pid)) process.kill(pid, 'SIGQUIT');
      await untilGone(pid);
    }
    this.postgresPids.clear();
  }

  async remove(): Promise<void> {
    await this.end();
    await rm(this.parent, { recursive: true });
  }

  private spawn(env: Record<string, string>): ChildOutput {
    const settings = environment({ DATA_DIR: this.dataDir, PORT: '0', GRPC_PORT: '0', ...env });
    const child = spawn(process.execPath, ['dist/main.js'], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = new ChildOutput(child);
    this.servers.push(output);
    return output;
  }

  private async urlOf(output: ChildOutput): Promise<string> {
    for (;;) {
      const url = BANNER.exec(output.stdout)?.[1];
      if (url) return url;
      await once(output.child.stdout!, 'data');
    }
  }
}

/** Only what is named: no setting of whoever runs the tests reaches a child. */
const environment = (env: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  TMPDIR: tmpdir(),
  NO_PROXY: '127.0.0.1',
  ...env,
});

/** Whether a process runs. One that has ended does not, also where nobody waited for it. */
export async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (status !== undefined) return !status.includes(') Z ');
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits for something that is bound to happen; the time limit of the test is the only one. */
export async function until(hasHappened: () => Promise<boolean>): Promise<void> {
  while (!(await hasHappened())) await setTimeout(POLL_MS);
}

/** The status of an answer; undefined when there is none. */
export const statusOf = (url: string): Promise<number | undefined> =>
  fetch(url).then(
    ({ status }) => status,
    () => undefined,
  );

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits for the end of a process that is not a child of ours. */
export async function untilGone(pid: number): Promise<void> {
  await until(async () => !(await isAlive(pid)));
}

/** The permissions of a file, in octal. */
export async function modeOf(path: string): Promise<string> {
  const { mode } = await stat(path);
  return (mode & 0o777).toString(8).padStart(4, '0');
}
