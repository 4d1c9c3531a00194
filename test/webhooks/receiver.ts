import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../support/process.js';

export interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Answering = (received: Received, response: ServerResponse) => void;

const OK: Answering = (_, response) => void response.writeHead(204).end();

/** A server of a consumer, which keeps what was posted to it. It answers 204 until it is told otherwise. */
export class Receiver {
  readonly received: Received[] = [];
  answer: Answering = OK;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(server = createServer(), scheme = 'http'): Promise<Receiver> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new Receiver(server, `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const received = { path: request.url ?? '', headers: plain(request.headers), body };
        receiver.received.push(received);
        receiver.answer(received, response);
      });
    });
    return receiver;
  }

  /** The events that came, in the order in which they came. */
  get events(): ReturnType<typeof JSON.parse>[] {
    return this.received.map(({ body }) => JSON.parse(body));
  }

  /** Waits until so many requests have come. */
  async has(count: number): Promise<readonly Received[]> {
    await until(async () => this.received.length >= count);
    return this.received;
  }

  accept(): void {
    this.answer = OK;
  }

  refuse(status: number, headers: Record<string, string> = {}): void {
    this.answer = (_, response) => void response.writeHead(status, headers).end();
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

const plain = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
