import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { freePort } from './process.js';

type Direction = 'requests' | 'answers';

/** A network between a server and the PostgreSQL of this run: a port that can be closed, cut, silent and slow. */
export class Proxy {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  /** What does not get through for now. It is kept, and arrives later. */
  private readonly held = new Set<Direction>();
  private readonly waiting: (() => void)[] = [];
  private delayMs = 0;

  private constructor(
    private readonly socketPath: string,
    readonly url: string,
    readonly port: number,
  ) {}

  /** `databaseUrl` names a Unix socket. The port is closed at first. */
  static async to(databaseUrl: string): Promise<Proxy> {
    const port = await freePort();
    const [, start, socketDir = ''] = /^(.*@)\/.*\?host=(.*)$/.exec(databaseUrl) ?? [];
    const name = /\/(\w+)\?/.exec(databaseUrl)?.[1];
    return new Proxy(`${decodeURIComponent(socketDir)}/.s.PGSQL.5432`, `${start}127.0.0.1:${port}/${name}`, port);
  }

  async open(): Promise<void> {
    this.server = createServer((client) => {
      const postgres = connect(this.socketPath);
      this.carry('requests', client, postgres);
      this.carry('answers', postgres, client);
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Ends all connections, and refuses new ones. */
  async close(): Promise<void> {
    if (!this.server?.listening) return;
    this.server.close();
    this.resume();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  /** The network goes silent: no end, no reset, just nothing. New connections are accepted, and silent too. */
  stall(): void {
    this.held.add('requests').add('answers');
  }

  /** What is sent arrives, and PostgreSQL carries it out; its answers do not come. */
  holdAnswers(): void {
    this.held.add('answers');
  }

  resume(): void {
    this.held.clear();
    for (const carryOn of this.waiting.splice(0)) carryOn();
  }

  slowDown(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Cuts all connections with a reset; what was held is lost. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
    this.resume();
  }

  /** PostgreSQL's side is gone, and the server's side does not notice until it writes: it gets a reset then. */
  leaveHalfOpen(): void {
    this.stall();
    for (const socket of this.sockets) {
      if (socket.localPort === this.port) socket.once('data', () => socket.resetAndDestroy());
      else socket.destroy();
    }
  }

  private carry(direction: Direction, from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('error', () => from.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      if (!this.held.has(direction)) to.destroy();
    });
    from.on('data', async (bytes: Buffer) => {
      from.pause();
      if (this.delayMs > 0) await setTimeout(this.delayMs);
      if (this.held.has(direction)) await new Promise<void>((resolve) => this.waiting.push(resolve));
      to.write(bytes);
      from.resume();
    });
  }
}
