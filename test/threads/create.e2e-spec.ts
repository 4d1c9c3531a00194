import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestApp, startApp } from '../support/app.js';
import { aThread, ok } from '../support/build.js';

const thread = (fields: object = {}): object => ({
  id: expect.stringMatching(/^thread_[0-9A-Za-z]{24}$/),
  object: 'thread',
  created_at: expect.any(Number),
  metadata: {},
  tool_resources: {},
  ...fields,
});

const text = (value: string): object => ({ type: 'text', text: { value, annotations: [] } });

describe('POST /v1/threads', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it.each([
    ['no body at all', {}],
    ['no body, announced as JSON', { headers: { 'content-type': 'application/json' } }],
    ['an empty body, announced as JSON', { headers: { 'content-type': 'application/json' }, body: '' }],
    ['{}', { headers: { 'content-type': 'application/json' }, body: '{}' }],
    ['{} with a charset', { headers: { 'content-type': 'application/json; charset=UTF-8' }, body: '{}' }],
  ])('creates an empty thread from %s', async (_, request) => {
    const answer = await app.a.send('POST', '/v1/threads', request);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(thread());
  });

  it('creates a thread without /v1', async () => {
    const answer = await app.a.post('/threads', { metadata: { user: 'abc' } });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(thread({ metadata: { user: 'abc' } }));
    expect((await app.a.get(`/v1/threads/${answer.body.id}`)).body).toEqual(answer.body);
  });

  it('tells the time of creation in whole Unix seconds', async () => {
    const earliest = Math.floor(Date.now() / 1000);

    const { created_at } = await aThread(app.a);

    expect(Number.isInteger(created_at)).toBe(true);
    expect(created_at).toBeGreaterThanOrEqual(earliest);
    expect(created_at).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
  });

  it('gives every thread an id of its own', async () => {
    const threads = await Promise.all(Array.from({ length: 30 }, () => aThread(app.a)));

    expect(new Set(threads.map(({ id }) => id)).size).toBe(30);
  });

  it('takes null for metadata and tool_resources as nothing', async () => {
    expect((await app.a.post('/v1/threads', { metadata: null, tool_resources: null })).body).toEqual(thread());
  });

  it('starts with the messages it is given, in their order', async () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const file = { type: 'image_file', image_file: { file_id: 'file-abc123', detail: 'high' } };
    const attachments = [
      { file_id: 'file-1', tools: [{ type: 'code_interpreter' }, { type: 'file_search' }] },
      { file_id: 'file-1', tools: [{ type: 'file_search' }] },
    ];

    const created = await aThread(app.a, {
      messages: [
        { role: 'user', content: 'Hello' },
        {
          role: 'assistant',
          content: [{ type: 'text', text: 'What do you see?' }, image, file],
          metadata: { step: '1' },
        },
        { role: 'user', content: 'These', attachments, metadata: null },
      ],
    });

    expect(created).toEqual(thread());
    const { data } = ok(await app.a.get(`/v1/threads/${created.id}/messages?order=asc`));
    const message = (fields: object): object => ({
      id: expect.stringMatching(/^msg_[0-9A-Za-z]{24}$/),
      object: 'thread.message',
      created_at: created.created_at,
      thread_id: created.id,
      status: 'completed',
      incomplete_details: null,
      completed_at: created.created_at,
      incomplete_at: null,
      assistant_id: null,
      run_id: null,
      attachments: [],
      metadata: {},
      ...fields,
    });
    expect(data).toEqual([
      message({ role: 'user', content: [text('Hello')] }),
      message({
        role: 'assistant',
        content: [
          text('What do you see?'),
          { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'auto' } },
          file,
        ],
        metadata: { step: '1' },
      }),
      message({ role: 'user', content: [text('These')], attachments }),
    ]);
  });

  it('takes 32 messages, and the next one is appended after them', async () => {
    const contents = Array.from({ length: 32 }, (_, i) => `Message ${i}`);

    const { id } = await aThread(app.a, { messages: contents.map((content) => ({ role: 'user', content })) });
    ok(await app.a.post(`/v1/threads/${id}/messages`, { role: 'user', content: 'Last' }));

    const { data } = ok(await app.a.get(`/v1/threads/${id}/messages?order=asc&limit=100`));
    expect(data.map(({ content }: { content: object[] }) => content)).toEqual(
      [...contents, 'Last'].map((content) => [text(content)]),
    );
  });

  it('takes 32 messages of 256,000 characters of four bytes each', async () => {
    const content = '😀'.repeat(256_000);

    const { id } = await aThread(app.a, { messages: Array.from({ length: 32 }, () => ({ role: 'user', content })) });

    const { data, has_more } = ok(await app.a.get(`/v1/threads/${id}/messages?limit=31`));
    expect(has_more).toBe(true);
    expect(
      data.every((each: { content: unknown }) => JSON.stringify(each.content) === JSON.stringify([text(content)])),
    ).toBe(true);
  });

  it('takes an empty list of messages', async () => {
    const { id } = await aThread(app.a, { messages: [] });

    expect(ok(await app.a.get(`/v1/threads/${id}/messages`)).data).toEqual([]);
  });

  it.each([
    ['16 pairs', Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`key${i}`, `value ${i}`]))],
    ['keys of 64 and values of 512 characters', { ['k'.repeat(64)]: 'v'.repeat(512) }],
    ['keys of 64 and values of 512 emoji', { ['😀'.repeat(64)]: '🏳'.repeat(512) }],
    ['an empty value and an empty key', { empty: '', '': 'of nothing' }],
    ['text of any script, and control characters', { 'ключ 鍵': 'é\u0301 \u202e \u0001 \u007f \ufffd \uffff "\\\n\t' }],
    [
      'names that objects inherit',
      JSON.parse('{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d","prototype":"e"}'),
    ],
    ['names with dots, brackets and digits', { 'a.b': '1', 'a[0]': '2', '0': '3', '-1': '4', $ref: '5', "'": '6' }],
  ])('keeps metadata of %s as they are', async (_, metadata: Record<string, string>) => {
    const created = await aThread(app.a, { metadata });
    const read = ok(await app.a.get(`/v1/threads/${created.id}`));

    expect(new Map(Object.entries(created.metadata))).toEqual(new Map(Object.entries(metadata)));
    expect(new Map(Object.entries(read.metadata))).toEqual(new Map(Object.entries(metadata)));
  });

  it('reads a surrogate pair that is written as two escapes', async () => {
    const answer = await app.a.send('POST', '/v1/threads', {
      headers: { 'content-type': 'application/json' },
      body: '{"metadata":{"\\ud83d\\ude00":"\\uD83C\\uDFF3"}}',
    });

    expect(answer.body).toEqual(thread({ metadata: { '😀': '🏳' } }));
  });

  it.each([
    [
      '20 files of code_interpreter',
      { code_interpreter: { file_ids: Array.from({ length: 20 }, (_, i) => `file-${i}`) } },
    ],
    ['one vector store of file_search', { file_search: { vector_store_ids: ['vs_abc123'] } }],
    [
      'both tools',
      { code_interpreter: { file_ids: ['file-1', 'file-1'] }, file_search: { vector_store_ids: ['vs_elsewhere'] } },
    ],
    ['empty lists', { code_interpreter: { file_ids: [] }, file_search: { vector_store_ids: [] } }],
    ['nothing', {}],
  ])('keeps tool_resources of %s', async (_, tool_resources) => {
    const created = await aThread(app.a, { tool_resources });

    expect(created).toEqual(thread({ tool_resources }));
    expect((await app.a.get(`/v1/threads/${created.id}`)).body).toEqual(created);
  });

  it('makes a vector store of its own for each thread that describes one', async () => {
    const tool_resources = { file_search: { vector_stores: [{ file_ids: ['file-1'] }] } };

    const first = await aThread(app.a, { tool_resources });
    const second = await aThread(app.a, { tool_resources });

    const vector_store_ids = [expect.stringMatching(/^vs_[0-9a-f]{32}$/)];
    expect(first).toEqual(thread({ tool_resources: { file_search: { vector_store_ids } } }));
    expect(second).toEqual(thread({ tool_resources: { file_search: { vector_store_ids } } }));
    expect(first.tool_resources).not.toEqual(second.tool_resources);
    expect((await app.a.get(`/v1/threads/${first.id}`)).body).toEqual(first);
  });

  it("keeps the thread in the caller's project", async () => {
    const { id } = await aThread(app.b);

    expect((await app.b.get(`/v1/threads/${id}`)).status).toBe(200);
    expect((await app.a.get(`/v1/threads/${id}`)).status).toBe(404);
  });
});
