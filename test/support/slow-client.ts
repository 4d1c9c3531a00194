import { connect } from 'node:net';

const PIECE_MS = 500;

/** What a client got before it was cut off, and after how long that was. */
export interface Cut {
  readonly status: number;
  readonly headers: string;
  readonly body: unknown;
  readonly afterMs: number;
}

/** Sends the beginning of a request, then a piece at a time, until the server ends the connection or `signal` does. */
export function trickle(url: string, beginning: string, piece: string, signal?: AbortSignal): Promise<Cut> {
  const { hostname, port } = new URL(url);
  const start = Date.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    const pieces = setInterval(() => socket.write(piece), PIECE_MS);
    socket.write(beginning);
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('end', () => socket.destroy());
    // A connection that is reset is closed too; what came before it counts.
    socket.on('error', () => undefined);
    signal?.addEventListener('abort', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(pieces);
      resolve({ ...parsed(Buffer.concat(received).toString()), afterMs: Date.now() - start });
    });
  });
}

function parsed(answer: string): { status: number; headers: string; body: unknown } {
  const [headers = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(headers.split(' ')[1]), headers, body: body === '' ? undefined : JSON.parse(body) };
}
