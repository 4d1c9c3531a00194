import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok, refusal } from '../support/build.js';

const MAX_TEXT = 256_000;
const FOUR_BYTES = '😀';
const FOUR_BYTES_ESCAPED = String.raw`\ud83d\ude00`;

const textPart = (value: string): object => ({ type: 'text', text: { value, annotations: [] } });

describe('POST /v1/threads/{thread_id}/messages', () => {
  let app: TestApp;
  let threadId: string;

  beforeAll(async () => {
    app = await startApp();
    threadId = (await aThread(app.a)).id;
  });

  afterAll(() => app.close());

  const storedMessage = async (id: string) => ok(await app.a.get(`/v1/threads/${threadId}/messages/${id}`));

  it.each(['/v1', ''])('adds a message with all 14 fields under "%s"', async (prefix) => {
    const answer = await app.a.post(`${prefix}/threads/${threadId}/messages`, { role: 'user', content: 'Hello' });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^msg_[0-9A-Za-z]{24}$/),
      object: 'thread.message',
      created_at: expect.any(Number),
      thread_id: threadId,
      status: 'completed',
      incomplete_details: null,
      completed_at: answer.body.created_at,
      incomplete_at: null,
      role: 'user',
      content: [textPart('Hello')],
      assistant_id: null,
      run_id: null,
      attachments: [],
      metadata: {},
    });
    expect(await storedMessage(answer.body.id)).toEqual(answer.body);
  });

  it('tells the time in whole seconds', async () => {
    const earliest = Math.floor(Date.now() / 1000);
    const message = await aMessage(app.a, threadId);
    const latest = Math.floor(Date.now() / 1000);

    expect(Number.isInteger(message.created_at)).toBe(true);
    expect(message.created_at).toBeGreaterThanOrEqual(earliest);
    expect(message.created_at).toBeLessThanOrEqual(latest);
  });

  it.each(['user', 'assistant'])('accepts the role %s, and names no assistant', async (role) => {
    const message = await aMessage(app.a, threadId, { role });

    expect(message).toMatchObject({ role, assistant_id: null, run_id: null });
  });

  it('gives back an array of parts in the order sent, with detail auto where none was asked for', async () => {
    const message = await aMessage(app.a, threadId, {
      content: [
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        { type: 'text', text: 'Compare the two.' },
        { type: 'image_url', image_url: { url: 'https://example.com/b.png?size=2#top', detail: 'high' } },
        { type: 'image_file', image_file: { file_id: 'file-abc123' } },
        { type: 'image_file', image_file: { file_id: 'file-abc123', detail: 'low' } },
        { type: 'text', text: 'Compare the two.' },
      ],
    });

    expect(message.content).toEqual([
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'auto' } },
      textPart('Compare the two.'),
      { type: 'image_url', image_url: { url: 'https://example.com/b.png?size=2#top', detail: 'high' } },
      { type: 'image_file', image_file: { file_id: 'file-abc123', detail: 'auto' } },
      { type: 'image_file', image_file: { file_id: 'file-abc123', detail: 'low' } },
      textPart('Compare the two.'),
    ]);
    expect(await storedMessage(message.id)).toEqual(message);
  });

  it('keeps an image that is given as a data URL', async () => {
    const url = `data:image/png;base64,${'QUJD'.repeat(50_000)}`;

    const message = await aMessage(app.a, threadId, { content: [{ type: 'image_url', image_url: { url } }] });

    expect((await storedMessage(message.id)).content).toEqual([
      { type: 'image_url', image_url: { url, detail: 'auto' } },
    ]);
  });

  it('gives back attachments as sent: in order, and the same file twice as two entries', async () => {
    const attachments = [
      { file_id: 'file-b', tools: [{ type: 'file_search' }] },
      { file_id: 'file-a', tools: [{ type: 'code_interpreter' }, { type: 'file_search' }] },
      { file_id: 'file-b', tools: [{ type: 'code_interpreter' }] },
      { file_id: 'file-c', tools: [] },
    ];

    const message = await aMessage(app.a, threadId, { attachments });

    expect(message.attachments).toEqual(attachments);
    expect(await storedMessage(message.id)).toEqual(message);
  });

  it.each([null, []])('answers attachments: %j with an empty list', async (attachments) => {
    expect((await aMessage(app.a, threadId, { attachments })).attachments).toEqual([]);
  });

  it.each([null, {}])('answers metadata: %j with an empty object', async (metadata) => {
    expect((await aMessage(app.a, threadId, { metadata })).metadata).toEqual({});
  });

  it('keeps metadata of any name, up to 16 pairs and to the longest key and value', async () => {
    const metadata = {
      [FOUR_BYTES.repeat(64)]: FOUR_BYTES.repeat(512),
      '': '',
      constructor: 'a word that objects know',
      toString: 'another',
      ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`key ${i}`, `value ${i}`])),
    };

    const message = await aMessage(app.a, threadId, { metadata });

    expect(message.metadata).toEqual(metadata);
    expect(await storedMessage(message.id)).toEqual(message);
  });

  it('keeps the metadata key __proto__ as any other', async () => {
    const answer = await app.a.send('POST', `/v1/threads/${threadId}/messages`, {
      headers: { 'content-type': 'application/json' },
      body: '{"role":"user","content":"Hello","metadata":{"__proto__":"kept"}}',
    });

    const stored = await storedMessage(ok(answer).id);
    expect(Object.entries(answer.body.metadata)).toEqual([['__proto__', 'kept']]);
    expect(Object.entries(stored.metadata)).toEqual([['__proto__', 'kept']]);
  });

  it.each([
    ['spaces only', '  '],
    ['line ends and control characters', 'one\r\ntwo\ttab\u0001\u001f\u007f'],
    ['letters of any script', 'Zażółć שלום 你好 e\u0301 \u2028\u2029'],
    ['characters outside the basic plane', '👩‍👩‍👧‍👦 𝒳 \u{10FFFF} \uFFFF'],
    ['what looks like code', `'; DROP TABLE messages; -- <script>\\u0000 \${1} %s "`],
  ])('keeps text unchanged: %s', async (_, content) => {
    const message = await aMessage(app.a, threadId, { content });

    expect(message.content).toEqual([textPart(content)]);
    expect(await storedMessage(message.id)).toEqual(message);
  });

  it('accepts 256,000 code points of four bytes each, in a string and in each part', async () => {
    const longest = FOUR_BYTES.repeat(MAX_TEXT);

    const ofString = await aMessage(app.a, threadId, { content: longest });
    const ofParts = await aMessage(app.a, threadId, {
      content: [
        { type: 'text', text: longest },
        { type: 'text', text: longest },
      ],
    });

    const lengths = [...ofString.content, ...ofParts.content].map((part) => [...part.text.value].length);
    expect(lengths).toEqual([MAX_TEXT, MAX_TEXT, MAX_TEXT]);
    expect((await storedMessage(ofString.id)).content[0].text.value === longest).toBe(true);
  });

  it('accepts the longest text with every character escaped', async () => {
    const answer = await app.a.send('POST', `/v1/threads/${threadId}/messages`, {
      headers: { 'content-type': 'application/json' },
      body: `{"role":"user","content":"${FOUR_BYTES_ESCAPED.repeat(MAX_TEXT)}"}`,
    });

    expect(ok(answer).content[0].text.value === FOUR_BYTES.repeat(MAX_TEXT)).toBe(true);
  });

  it("hides another project's thread, and adds nothing to it", async () => {
    const thread = await aThread(app.a);

    const answer = await app.b.post(`/v1/threads/${thread.id}/messages`, { role: 'user', content: 'Hello' });

    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(noThread(thread.id));
    expect(ok(await app.a.get(`/v1/threads/${thread.id}/messages`)).data).toEqual([]);
  });

  it('says 404 for an unknown thread and for a deleted one', async () => {
    const deleted = await aThread(app.a);
    ok(await app.a.delete(`/v1/threads/${deleted.id}`));

    for (const id of ['thread_unknown', deleted.id]) {
      const answer = await app.a.post(`/v1/threads/${id}/messages`, { role: 'user', content: 'Hello' });

      expect(answer.status).toBe(404);
      expect(answer.body).toEqual(noThread(id));
    }
  });

  it.each(['undefined', '1234', 'msg_abc123'])('refuses the malformed thread id %s', async (id) => {
    const answer = await app.a.post(`/v1/threads/${id}/messages`, { role: 'user', content: 'Hello' });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal(`Invalid 'thread_id': '${id}'. Expected an ID that begins with 'thread'.`, 'thread_id', 'invalid_value'),
    );
  });

  it.each(['undefined', 'thread_unknown'])('checks the body before the thread id %s', async (id) => {
    const answer = await app.a.post(`/v1/threads/${id}/messages`, { role: 'user' });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(
      refusal("Missing required parameter: 'content'.", 'content', 'missing_required_parameter'),
    );
  });

  it('adds a second message when the same request is sent twice', async () => {
    const thread = await aThread(app.a);

    const first = await aMessage(app.a, thread.id);
    const second = await aMessage(app.a, thread.id);

    const list = ok(await app.a.get(`/v1/threads/${thread.id}/messages`));
    expect(list.data).toEqual([second, first]);
  });
});
