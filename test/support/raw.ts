import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/**
 * The answers to bytes that no HTTP client would send, in their order. `more` is sent once something came back. The
 * server has to close the connection.
 */
export function rawAnswers(url: string, bytes: string, more = ''): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk) => received.push(chunk));
    socket.once('data', () => socket.write(more, 'latin1'));
    socket.on('error', reject);
    socket.on('close', () => resolve(answersIn(Buffer.concat(received))));
  });
}

const HEAD_END = '\r\n\r\n';

function answersIn(bytes: Buffer): RawAnswer[] {
  const end = bytes.indexOf(HEAD_END);
  if (end === -1) return [];
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString().split('\r\n');
  const headers = lines
    .map((line) => line.split(': ', 2))
    .map(([name = '', value = '']) => [name.toLowerCase(), value]);
  const fields: Record<string, string> = Object.fromEntries(headers);
  const bodyStart = end + HEAD_END.length;
  const bodyEnd = bodyStart + Number(fields['content-length'] ?? 0);
  const body = bytes.subarray(bodyStart, bodyEnd).toString();
  return [
    {
      status: Number(statusLine.split(' ')[1]),
      headers: fields,
      body: body.startsWith('{') ? JSON.parse(body) : body,
    },
    ...answersIn(bytes.subarray(bodyEnd)),
  ];
}
