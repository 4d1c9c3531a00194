import { requireDocumented } from './contract.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Bodies are compared with what is expected of them, whatever that is.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

interface Sent {
  readonly headers?: Record<string, string>;
  /** What is sent as it is; an object that is to be JSON goes through `post` and `patch`. */
  readonly body?: string | Uint8Array;
}

/** A caller with one key, or with none. Every answer is held against openapi.json. */
export class Client {
  constructor(
    readonly baseUrl: string,
    readonly key: string | undefined,
  ) {}

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('POST', path, asJson(body, headers));
  }

  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('PATCH', path, asJson(body, headers));
  }

  delete(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send('DELETE', path, { headers });
  }

  async send(method: string, path: string, { headers, body }: Sent = {}): Promise<Answer> {
    const authorization: Record<string, string> = this.key === undefined ? {} : { authorization: `Bearer ${this.key}` };
    const response = await fetch(this.baseUrl + path, { method, headers: { ...authorization, ...headers }, body });
    const type = response.headers.get('content-type') ?? '';
    const isJson = type.startsWith('application/json');
    const text = type.startsWith('text/event-stream') ? await beginningOf(response) : await response.text();
    const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    if (isJson) requireDocumented(method, path, answer.status, answer.body);
    return answer;
  }
}

/** The first that a stream says: it does not end by itself. */
async function beginningOf({ body }: Response): Promise<string> {
  for await (const chunk of body!) return new TextDecoder().decode(chunk as Uint8Array);
  return '';
}

const asJson = (body: unknown, headers?: Record<string, string>): Sent =>
  body === undefined
    ? { headers }
    : { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
