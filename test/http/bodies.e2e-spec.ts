import { request } from 'node:http';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, startServerOn, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok, refusal } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';

const MIB = 1024 * 1024;
const JSON_TYPE = 'application/json';

const MALFORMED = refusal(
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
    'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble ' +
    'figuring out how to fix this, please contact us through our help center at help.openai.com.)',
);
const notAnObject = (got: string): object =>
  refusal(`Invalid type for the request body: expected an object, but got ${got} instead.`, null, 'invalid_type');
const unknown = (name: string): object => refusal(`Unknown parameter: '${name}'.`, name, 'unknown_parameter');
const unsupported = (accepted: string): object =>
  refusal(`Unsupported media type. The body must be sent as ${accepted}, in UTF-8.`, null, 'unsupported_media_type');
const tooLarge = (limit: number): object =>
  refusal(`The request body is too large: at most ${limit} bytes are accepted here.`, null, 'request_too_large');

let app: TestApp;
let threadId: string;
let messageId: string;

beforeAll(async () => {
  app = await startApp();
  threadId = (await aThread(app.a)).id;
  messageId = (await aMessage(app.a, threadId)).id;
});

afterAll(() => app.close());

const create = (body: string | Uint8Array, contentType: string | undefined = JSON_TYPE): Promise<Answer> =>
  app.a.send('POST', '/v1/threads', { headers: { 'content-type': contentType }, body });

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent chunk by chunk when no content-length is among the headers. */
  readonly chunks?: readonly (string | Buffer)[];
}

/** Sends a body in a way that `fetch` cannot: in chunks, or announced and not sent. */
function sendRaw(
  client: Client,
  path: string,
  { method = 'POST', headers, chunks = [] }: Sent,
): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    const sent = request(
      client.baseUrl + path,
      { method, headers: { authorization: `Bearer ${client.key}`, ...headers }, agent: false },
      (response) => {
        const received: Buffer[] = [];
        response.on('data', (chunk: Buffer) => received.push(chunk));
        response.on('end', () => {
          resolve([Number(response.statusCode), JSON.parse(Buffer.concat(received).toString())]);
          sent.destroy();
        });
      },
    );
    sent.on('error', reject);
    sent.flushHeaders();
    if (headers?.['content-length'] !== undefined) return;
    for (const chunk of chunks) sent.write(chunk);
    sent.end();
  });
}

describe('a body that is not JSON', () => {
  it.each([
    ['{'],
    ['}'],
    ['{"metadata":{"a":"b"}'],
    ['{} {}'],
    ['{}x'],
    ["{'metadata':{}}"],
    ['{"metadata":{},}'],
    ['{metadata:{}}'],
    ['{"metadata":{"a":"\n"}}'],
    ['{"metadata":{"a":"\\x41"}}'],
    ['// nothing\n{}'],
    ['undefined'],
    ['NaN'],
    ['01'],
    [' '],
    ['\u0000'],
    ['metadata=a'],
    ['<thread/>'],
  ])('is refused: %j', async (body) => {
    const answer = await create(body);

    expect([answer.status, answer.body]).toEqual([400, MALFORMED]);
  });

  it.each([
    ['a byte that is never UTF-8', [0xff]],
    ['half of a character', [0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['Latin-1', [...Buffer.from('é', 'latin1')]],
  ])('is refused for %s in its text', async (_, bytes) => {
    const body = Buffer.concat([Buffer.from('{"metadata":{"a":"'), Buffer.from(bytes), Buffer.from('"}}')]);

    const answer = await create(body);

    expect([answer.status, answer.body]).toEqual([400, MALFORMED]);
  });

  it('is refused in UTF-16', async () => {
    expect((await create(Buffer.from('\ufeff{}', 'utf16le'))).body).toEqual(MALFORMED);
  });

  it('is refused when it is compressed', async () => {
    const answer = await app.a.send('POST', '/v1/threads', {
      headers: { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' },
      body: Buffer.from('1f8b0800000000000003abae050043bfa6a302000000', 'hex'),
    });

    expect([answer.status, answer.body]).toEqual([400, MALFORMED]);
  });

  it('is refused by every operation with a body', async () => {
    const headers = { 'content-type': JSON_TYPE };
    const answers = await Promise.all([
      app.a.send('POST', `/v1/threads/${threadId}`, { headers, body: '{' }),
      app.a.send('PATCH', `/v1/threads/${threadId}`, { headers, body: '{' }),
      app.a.send('POST', `/v1/threads/${threadId}/messages`, { headers, body: '{' }),
      app.a.send('POST', `/v1/threads/${threadId}/messages/${messageId}`, { headers, body: '{' }),
      app.a.send('PATCH', `/v1/threads/${threadId}/messages/${messageId}`, { headers, body: '{' }),
      app.admin.send('POST', '/v1/organization/projects', { headers, body: '{' }),
    ]);

    expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [400, MALFORMED]));
  });
});

describe('JSON that is not an object', () => {
  it.each([
    ['[]', 'an array'],
    ['[{}]', 'an array'],
    ['"{}"', 'a string'],
    ['null', 'null'],
    ['7', 'an integer'],
    ['7.5', 'a decimal'],
    ['true', 'a boolean'],
  ])('is refused: %s', async (body, kind) => {
    const answer = await create(body);

    expect([answer.status, answer.body]).toEqual([400, notAnObject(kind)]);
  });

  it.each([
    ['100,000 arrays in each other', '['.repeat(100_000) + ']'.repeat(100_000), notAnObject('an array')],
    ['100,000 objects in each other', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), unknown('a')],
    [
      '100,000 arrays in each other, in a field',
      `{"metadata":{"a":${'['.repeat(100_000) + ']'.repeat(100_000)}}}`,
      refusal(
        "Invalid type for 'metadata.a': expected a string, but got an array instead.",
        'metadata.a',
        'invalid_type',
      ),
    ],
    ['100,000 arrays that do not end', '['.repeat(100_000), MALFORMED],
  ])('is refused however deep it is: %s', async (_, body, expected) => {
    const answer = await create(body);

    expect([answer.status, answer.body]).toEqual([400, expected]);
  });
});

describe('names of Object', () => {
  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'are unknown parameters like any other: %s',
    async (name) => {
      const answer = await create(`{${JSON.stringify(name)}:{"polluted":true}}`);

      expect([answer.status, answer.body]).toEqual([400, unknown(name)]);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );

  it('are keys of metadata like any other', async () => {
    const metadata = '{"__proto__":"a","constructor":"b","toString":"c"}';

    const created = ok(await create(`{"metadata":${metadata}}`));

    const stored = ok(await app.a.get(`/v1/threads/${created.id}`)).metadata;
    expect(new Map(Object.entries(stored))).toEqual(new Map(Object.entries(JSON.parse(metadata))));
  });

  it('stand for no field that is missing', async () => {
    const answer = await app.a.send('POST', `/v1/threads/${threadId}/messages`, {
      headers: { 'content-type': JSON_TYPE },
      body: '{"__proto__":{"role":"user","content":"Hello"}}',
    });

    expect([answer.status, answer.body]).toEqual([400, unknown('__proto__')]);
  });
});

describe('an empty body', () => {
  it.each<[string, Record<string, string>]>([
    ['without a content type', {}],
    ['of JSON', { 'content-type': JSON_TYPE }],
    ['of a form, as curl sends it', { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('%s is an empty object', async (_, headers) => {
    const answer = await app.a.send('POST', '/v1/threads', { headers, body: '' });

    expect([answer.status, answer.body.metadata]).toEqual([200, {}]);
  });

  it.each<[string, Record<string, string>]>([
    ['without a content type', {}],
    ['of JSON', { 'content-type': JSON_TYPE }],
  ])('%s may come as no chunks', async (_, headers) => {
    const [status] = await sendRaw(app.a, '/v1/threads', { headers: { ...headers, 'transfer-encoding': 'chunked' } });

    expect(status).toBe(200);
  });

  it('changes nothing when it modifies', async () => {
    const thread = await aThread(app.a, { metadata: { user: 'abc' } });

    const answer = await app.a.post(`/v1/threads/${thread.id}`);

    expect([answer.status, answer.body]).toEqual([200, thread]);
  });

  it('lacks what is required', async () => {
    const answer = await app.a.post(`/v1/threads/${threadId}/messages`);

    expect([answer.status, answer.body]).toEqual([
      400,
      refusal("Missing required parameter: 'role'.", 'role', 'missing_required_parameter'),
    ]);
  });

  it('of DELETE may be announced as JSON, as the Python SDK does', async () => {
    const { id } = await aThread(app.a);

    const answer = await app.a.delete(`/v1/threads/${id}`, { 'content-type': JSON_TYPE });

    expect([answer.status, answer.body]).toEqual([200, { id, object: 'thread.deleted', deleted: true }]);
  });
});

describe('the content type', () => {
  const body = '{"metadata":{"a":"é"}}';

  it.each([
    JSON_TYPE,
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json; odata=verbose',
  ])('may be %s', async (contentType) => {
    const answer = await create(body, contentType);

    expect([answer.status, answer.body.metadata]).toEqual([200, { a: 'é' }]);
  });

  it.each([
    'text/plain',
    'text/plain; charset=utf-8',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/jsonp',
    'application/json-seq',
    'application/merge-patch+json',
    'application/json, text/plain',
    'application/json\ta',
    'application/json charset=utf-8',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-80',
    'json',
    ';',
  ])('may not be %s', async (contentType) => {
    const answer = await create(body, contentType);

    expect([answer.status, answer.body]).toEqual([415, unsupported(JSON_TYPE)]);
  });

  it('has to be there for a body that is not empty', async () => {
    const answer = await sendRaw(app.a, '/v1/threads', { chunks: [body] });

    expect(answer).toEqual([415, unsupported(JSON_TYPE)]);
  });

  it.each([JSON_TYPE, 'application/merge-patch+json', 'application/merge-patch+json; charset=utf-8'])(
    'of PATCH may be %s',
    async (contentType) => {
      const { id } = await aThread(app.a);

      const answer = await app.a.send('PATCH', `/v1/threads/${id}`, { headers: { 'content-type': contentType }, body });

      expect([answer.status, answer.body.metadata]).toEqual([200, { a: 'é' }]);
    },
  );

  it('of PATCH may not be application/json-patch+json', async () => {
    const headers = { 'content-type': 'application/json-patch+json' };

    const answer = await app.a.send('PATCH', `/v1/threads/${threadId}`, { headers, body: '[]' });

    expect([answer.status, answer.body]).toEqual([
      415,
      unsupported('application/merge-patch+json or application/json'),
    ]);
  });
});

describe('a byte order mark', () => {
  it('in front of the JSON is skipped', async () => {
    const answer = await create('\ufeff{"metadata":{"a":"\ufeff"}}');

    expect([answer.status, answer.body.metadata]).toEqual([200, { a: '\ufeff' }]);
  });

  it('is skipped once', async () => {
    expect((await create('\ufeff\ufeff{}')).body).toEqual(MALFORMED);
  });
});

/** JSON of exactly so many bytes: spaces do not count for anything else. */
const ofSize = (bytes: number, json = '{}'): string => json.padEnd(bytes);

/**
 * What comes of 20 uploads, each with a status or the error that the client sees. They are sent by another thread: here
 * the server would not read while the client writes.
 */
function uploadsFromOutside(url: string, bytes: number): Promise<unknown[]> {
  const send = `
    const { parentPort, workerData: { url, headers, bytes } } = require('node:worker_threads');
    const upload = () => fetch(url, { method: 'POST', headers, body: ' '.repeat(bytes) });
    (async () => {
      const outcomes = [];
      for (let n = 0; n < 20; n++) {
        outcomes.push(await upload().then(({ status }) => status, ({ cause }) => cause.code));
      }
      parentPort.postMessage(outcomes);
    })();`;
  const headers = { authorization: `Bearer ${app.a.key}`, 'content-type': JSON_TYPE };
  return new Promise((resolve, reject) => {
    const worker = new Worker(send, { eval: true, workerData: { url, headers, bytes } });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

describe('the size of a body', () => {
  const message = '{"role":"user","content":"Hello"}';
  const routes: [string, string, number, string, () => string][] = [
    ['a new thread', 'POST', 36 * MIB, '{}', () => '/v1/threads'],
    ['a thread', 'POST', MIB, '{}', () => `/v1/threads/${threadId}`],
    ['a patch of a thread', 'PATCH', MIB, '{}', () => `/v1/threads/${threadId}`],
    ['a new message', 'POST', 4 * MIB, message, () => `/v1/threads/${threadId}/messages`],
    ['a message', 'POST', MIB, '{}', () => `/v1/threads/${threadId}/messages/${messageId}`],
    ['a patch of a message', 'PATCH', MIB, '{}', () => `/v1/threads/${threadId}/messages/${messageId}`],
  ];
  const headers = { 'content-type': JSON_TYPE };

  it.each(routes)('of %s, sent by %s, may be %d bytes', async (_, method, limit, json, path) => {
    expect((await app.a.send(method, path(), { headers, body: ofSize(limit, json) })).status).toBe(200);
  });

  it.each(routes)(
    'of %s, sent by %s, may not be announced as more than %d bytes',
    async (_, method, limit, __, path) => {
      const announced = { ...headers, 'content-length': String(limit + 1) };

      expect(await sendRaw(app.a, path(), { method, headers: announced })).toEqual([413, tooLarge(limit)]);
    },
  );

  it.each(routes)(
    'of %s, sent by %s, may not be more than %d bytes in chunks',
    async (_, method, limit, json, path) => {
      const chunks = [json, Buffer.alloc(limit - json.length, ' ')];

      const [status] = await sendRaw(app.a, path(), { method, headers, chunks });
      const refused = await sendRaw(app.a, path(), { method, headers, chunks: [...chunks, ' '] });

      expect(status).toBe(200);
      expect(refused).toEqual([413, tooLarge(limit)]);
    },
  );

  it('of a project may be 1 MiB', async () => {
    const path = '/v1/organization/projects';
    const json = '{"name":"Large"}';

    expect((await app.admin.send('POST', path, { headers, body: ofSize(MIB, json) })).status).toBe(200);
    expect(await sendRaw(app.admin, path, { headers, chunks: [ofSize(MIB + 1, json)] })).toEqual([413, tooLarge(MIB)]);
  });

  it('is refused in words to a client that goes on sending', async () => {
    const outcomes = await uploadsFromOutside(`${app.url}/v1/threads/${threadId}`, 8 * MIB);

    expect(outcomes).toEqual(outcomes.map(() => 413));
  });

  it('of 1 GiB is refused before a byte of it is sent', async () => {
    const announced = { ...headers, 'content-length': String(1024 * MIB) };

    expect(await sendRaw(app.a, '/v1/threads', { headers: announced })).toEqual([413, tooLarge(36 * MIB)]);
  });

  it('is bounded for all by BODY_LIMIT, and is not raised by it', async () => {
    const server = await startServerOn(app.database, { BODY_LIMIT: String(2 * MIB) });
    const caller = new Client(server.url, app.a.key);
    try {
      const answers = [
        await sendRaw(caller, '/v1/threads', { headers, chunks: [ofSize(2 * MIB + 1)] }),
        await sendRaw(caller, `/v1/threads/${threadId}/messages`, { headers, chunks: [ofSize(2 * MIB + 1, message)] }),
        await sendRaw(caller, `/v1/threads/${threadId}`, { headers, chunks: [ofSize(MIB + 1)] }),
      ];

      expect(answers).toEqual([
        [413, tooLarge(2 * MIB)],
        [413, tooLarge(2 * MIB)],
        [413, tooLarge(MIB)],
      ]);
      expect((await caller.send('POST', '/v1/threads', { headers, body: ofSize(2 * MIB) })).status).toBe(200);
    } finally {
      await server.close();
    }
  });
});
