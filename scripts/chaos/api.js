import { Agent, request } from 'node:http';
import { API_KEY } from './server.js';

/** The API promises an answer within 5 seconds. What takes longer than this hangs. */
const HANG_MS = 6_000;
const READERS = 32;

export class Connections {
  constructor(url, count) {
    this.url = url;
    this.agent = new Agent({ keepAlive: true, maxSockets: count });
  }

  /** @returns {Promise<{status: number, headers: object, body: object}>} rejects when there is no answer. */
  send(method, path, body) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(this.url + path, {
        method,
        agent: this.agent,
        headers: {
          authorization: `Bearer ${API_KEY}`,
          ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      });
      const hang = setTimeout(() => sent.destroy(Object.assign(new Error('no answer'), { code: 'HANG' })), HANG_MS);
      sent.on('error', (error) => {
        clearTimeout(hang);
        reject(error);
      });
      sent.on('response', (response) => {
        response.setEncoding('utf8');
        let answer = '';
        response.on('data', (chunk) => (answer += chunk));
        response.on('error', reject);
        response.on('end', () => {
          clearTimeout(hang);
          resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(answer) });
        });
      });
      sent.end(text);
    });
  }

  close() {
    this.agent.destroy();
  }
}

/** All threads with the texts of their messages, oldest first. */
export async function readBack({ url }) {
  const connections = new Connections(url, READERS);
  const all = async (path) => {
    const items = [];
    for (let after = '', more = true; more;) {
      const { status, body } = await connections.send('GET', `${path}?order=asc&limit=100&after=${after}`);
      if (status !== 200) throw new Error(`GET ${path} answers ${status}.`);
      items.push(...body.data);
      ({ last_id: after, has_more: more } = body);
    }
    return items;
  };
  const threads = await all('/v1/threads');
  const stored = [];
  const queue = threads[Symbol.iterator]();
  const read = async () => {
    for (const { id, metadata } of queue) {
      const messages = await all(`/v1/threads/${id}/messages`);
      stored.push({ id, name: metadata.name, texts: messages.map(({ content }) => content[0].text.value) });
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  connections.close();
  return stored;
}
