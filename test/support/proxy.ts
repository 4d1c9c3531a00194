import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { freePort } from './process.js';

type Direction = 'requests' | 'answers';

/** A network between a server and the PostgreSQL of this run: a port that can be closed, cut, silent and slow. */
export class Proxy {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  /** What does not get through for now. It is kept, the end of a connection too, and arrives later. */
  private readonly held = new Set<Direction>();
  private readonly waiting: (() => void)[] = [];
  private delayMs = 0;
  private awaited: string | undefined;
  private isShut = false;

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
    this.isShut = false;
    this.server = createServer((client) => {
      if (this.isShut) return client.destroy();
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

  /** From the request on that contains a text, all arrives and PostgreSQL carries it out, but its answers do not come. */
  holdAnswersTo(text: string): void {
    this.awaited = text;
  }

  /** Ends all connections, and accepts new ones only to end them, as a balancer does that has nothing behind it. */
  shut(): void {
    this.isShut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  resume(): void {
    this.held.clear();
    this.awaited = undefined;
    for (const carryOn of this.waiting.splice(0)) carryOn();
  }

  slowDown(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Cuts all connections with a reset; what was held is lost. */
  reset(): void {
    for (const socket of this.sockets) {
      if (this.isFromServer(socket)) socket.resetAndDestroy();
      else socket.destroy();
    }
    this.resume();
  }

  /** PostgreSQL's side is gone, and the server's side does not notice until it writes: it gets a reset then. */
  leaveHalfOpen(): void {
    this.stall();
    for (const socket of this.sockets) {
      if (this.isFromServer(socket)) socket.once('data', () => socket.resetAndDestroy());
      else socket.destroy();
    }
  }

  /** The other side, that of PostgreSQL, is a Unix socket. */
  private isFromServer(socket: Socket): boolean {
    return socket.localPort === this.port;
  }

  private carry(direction: Direction, from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('error', () => from.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      void this.mayPass(direction).then(() => to.destroy());
    });
    from.on('data', (bytes: Buffer) => {
      if (direction === 'requests' && this.awaited && bytes.includes(this.awaited)) this.held.add('answers');
      from.pause();
      void this.mayPass(direction).then(() => {
        to.write(bytes);
        from.resume();
      });
    });
  }

  private async mayPass(direction: Direction): Promise<void> {
    if (this.delayMs > 0) await setTimeout(this.delayMs);
    if (this.held.has(direction)) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
