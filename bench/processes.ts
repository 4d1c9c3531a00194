import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Load, Measured } from './load.js';

const CLOCK_TICKS_PER_SECOND = 100;

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A server under test. */
export interface Contestant {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  end(): Promise<void>;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

// What the processes of this folder say to each other is as they say it.
// oxlint-disable-next-line typescript/no-explicit-any
const messageOf = (child: ChildProcess): Promise<any> => once(child, 'message');

/** Starts a server of this folder, which says its port when it listens. */
export async function startHelper(name: string, env: Record<string, string>): Promise<Contestant> {
  const child = fork(pathOf(`./${name}.js`), { env: { ...process.env, ...env } });
  const [{ port }]: [{ port: number }] = await messageOf(child);
  return { name, port, pid: child.pid!, end: () => ended(child) };
}

/** Starts Threadstore as its users do, with an embedded PostgreSQL below `dataDir`. */
export async function startThreadstore(dataDir: string, env: Record<string, string> = {}): Promise<Contestant> {
  const child = fork(pathOf('../dist/main.js'), {
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0', GRPC_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let banner = '';
  for await (const chunk of child.stdout!) {
    banner += String(chunk);
    if (/Docs .*\n[^]*\n$/.test(banner)) break;
  }
  child.stdout!.resume();
  const port = Number(/API +http:\/\/[^:]+:(\d+)/.exec(banner)?.[1]);
  if (!port) throw new Error(`Threadstore did not start: ${banner}`);
  return { name: 'threadstore', port, pid: child.pid!, end: () => ended(child) };
}

/** The load generator. One run at a time. */
export class Generator {
  private constructor(private readonly child: ChildProcess) {}

  get pid(): number {
    return this.child.pid!;
  }

  static async start(): Promise<Generator> {
    const child = fork(pathOf('./load.js'));
    await once(child, 'message');
    return new Generator(child);
  }

  /** Throws when a single answer is not 200. */
  async run(load: Load): Promise<Measured> {
    this.child.send(load);
    const [{ measured, error }]: [{ measured?: Measured; error?: string }] = await messageOf(this.child);
    if (!measured) throw new Error(error);
    return measured;
  }

  end(): Promise<void> {
    return ended(this.child);
  }
}

/** The seconds of CPU that a process has used, with those of its children that have ended. Linux only, else NaN. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / CLOCK_TICKS_PER_SECOND;
  } catch {
    return NaN;
  }
}

/** The resident memory of a process, in MB: now, and the most it ever had. Linux only, else NaN. */
export function residentMb(pid: number): { readonly now: number; readonly peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  } catch {
    return { now: NaN, peak: NaN };
  }
}

/** The processes whose parent it is: PostgreSQL's connections, or the workers of a server. Linux only, else none. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return (readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}

/** The seconds of CPU of a process and of its children. */
export const familyCpuSeconds = (pid: number): number =>
  childrenOf(pid).reduce((sum, child) => sum + (cpuSeconds(child) || 0), cpuSeconds(pid));
