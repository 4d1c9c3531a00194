import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export const API_KEY = 'the key of the chaos';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 40_000;
const POLL_MS = 20;

/** The built server, on a port that stays the same from start to start. */
export class ServerProcess {
  /** What it said that it should not have: every line of its that tells of a rejection or exception nobody caught. */
  complaints = [];

  constructor(env, port) {
    this.env = env;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async on(env) {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    probe.close();
    await once(probe, 'close');
    return new ServerProcess(env, port);
  }

  /** Starts it and waits until it is ready. */
  async start() {
    this.isWanted = true;
    this.child = spawn(process.execPath, ['dist/main.js'], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        LOG_LEVEL: 'silent',
        ...this.env,
        API_KEY,
        PORT: String(this.port),
        GRPC_PORT: '0',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      if (this.isWanted) this.complaints.push(`The server ended by itself: ${signal ?? code}.`);
      return code;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      if (/unhandled|uncaught|\n {4}at /i.test(text)) this.complaints.push(text);
    });
    await this.untilReady();
  }

  async untilReady() {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(await this.isReady())) {
      if (Date.now() > deadline) throw new Error(`The server is not ready after ${READY_TIMEOUT_MS / 1000} seconds.`);
      await setTimeout(POLL_MS);
    }
  }

  isReady() {
    return fetch(`${this.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  async kill() {
    this.isWanted = false;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** @returns its exit code. */
  async stop() {
    if (!this.child) return 0;
    this.isWanted = false;
    this.child.kill('SIGTERM');
    const patience = new AbortController();
    const tooLong = setTimeout(STOP_TIMEOUT_MS, undefined, { signal: patience.signal, ref: false }).then(
      () => this.child.kill('SIGKILL'),
      () => undefined,
    );
    const code = await this.ended;
    patience.abort();
    await tooLong;
    return code;
  }
}
