import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { startApp, type TestApp } from '../support/app.js';

type Order = 'asc' | 'desc';

const COUNT = 205;

const texts = Array.from({ length: COUNT }, (_, i) => `Message ${i + 1}`);

const inOrder = (order: Order): string[] => (order === 'asc' ? texts : texts.toReversed());

const toMessage = (content: string) => ({ role: 'user' as const, content });

const textOf = ({ content: [part] }: OpenAI.Beta.Threads.Message): string =>
  part?.type === 'text' ? part.text.value : '';

async function aLongThread(openai: OpenAI): Promise<string> {
  const { id } = await openai.beta.threads.create({ messages: texts.slice(0, 32).map(toMessage) });
  for (const text of texts.slice(32)) await openai.beta.threads.messages.create(id, toMessage(text));
  return id;
}

describe('client.beta.threads.messages of the openai package', () => {
  let app: TestApp;
  let openai: OpenAI;

  beforeAll(async () => {
    app = await startApp();
    openai = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: app.a.key, maxRetries: 0 });
  });

  afterAll(() => app.close());

  it('creates, retrieves, lists, updates and deletes a message', async () => {
    const { messages } = openai.beta.threads;
    const { id: thread_id } = await openai.beta.threads.create();

    const created = await messages.create(thread_id, {
      role: 'user',
      content: 'How does AI work?',
      attachments: [{ file_id: 'file-abc123', tools: [{ type: 'file_search' }] }],
      metadata: { user: 'abc123' },
    });
    expect(created).toEqual({
      id: expect.stringMatching(/^msg_[0-9A-Za-z]{24}$/),
      object: 'thread.message',
      created_at: expect.any(Number),
      thread_id,
      status: 'completed',
      incomplete_details: null,
      completed_at: expect.any(Number),
      incomplete_at: null,
      role: 'user',
      content: [{ type: 'text', text: { value: 'How does AI work?', annotations: [] } }],
      assistant_id: null,
      run_id: null,
      attachments: [{ file_id: 'file-abc123', tools: [{ type: 'file_search' }] }],
      metadata: { user: 'abc123' },
    });

    expect(await messages.retrieve(created.id, { thread_id })).toEqual(created);
    expect((await messages.list(thread_id)).data).toEqual([created]);

    const updated = await messages.update(created.id, { thread_id, metadata: { modified: 'true' } });
    expect(updated).toEqual({ ...created, metadata: { user: 'abc123', modified: 'true' } });
    expect(await messages.update(created.id, { thread_id, metadata: null })).toEqual(updated);

    expect(await messages.delete(created.id, { thread_id })).toEqual({
      id: created.id,
      object: 'thread.message.deleted',
      deleted: true,
    });
    expect((await messages.list(thread_id)).data).toEqual([]);
  });

  it('creates a message of parts', async () => {
    const { id: thread_id } = await openai.beta.threads.create();

    const { content } = await openai.beta.threads.messages.create(thread_id, {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Look:' },
        { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
        { type: 'image_file', image_file: { file_id: 'file-abc123', detail: 'low' } },
      ],
    });

    expect(content).toEqual([
      { type: 'text', text: { value: 'Look:', annotations: [] } },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png', detail: 'auto' } },
      { type: 'image_file', image_file: { file_id: 'file-abc123', detail: 'low' } },
    ]);
  });

  it('throws what the package throws for OpenAI', async () => {
    const { messages } = openai.beta.threads;
    const { id: thread_id } = await openai.beta.threads.create();

    await expect(messages.retrieve('msg_abc123', { thread_id })).rejects.toThrow(NotFoundError);
    await expect(messages.retrieve('', { thread_id })).rejects.toThrow(NotFoundError);
    await expect(messages.create('thread_abc123', { role: 'user', content: 'Hi' })).rejects.toThrow(NotFoundError);
    const refused = await messages
      .create(thread_id, { role: 'system' as never, content: 'Hi' })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect(refused).toMatchObject({
      status: 400,
      message: "400 Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
      param: 'role',
      code: 'invalid_value',
      requestID: expect.stringMatching(/^req_[0-9a-f]{32}$/),
    });
  });

  describe(`over ${COUNT} messages`, () => {
    let made: Promise<string> | undefined;

    /** The thread that tests share which only read it. */
    const longThread = (): Promise<string> => (made ??= aLongThread(openai));

    it.each<[Order, number | undefined]>([
      ['asc', undefined],
      ['desc', undefined],
      ['asc', 100],
      ['desc', 100],
      ['asc', 41],
    ])('iterates over all, %s, by pages of %s', async (order, limit) => {
      const threadId = await longThread();
      const seen: string[] = [];

      for await (const message of openai.beta.threads.messages.list(threadId, { order, limit })) {
        seen.push(textOf(message));
      }

      expect(seen).toEqual(inOrder(order));
    });

    it('iterates newest first unless it is asked for another order', async () => {
      const seen: string[] = [];

      for await (const message of openai.beta.threads.messages.list(await longThread())) seen.push(textOf(message));

      expect(seen).toEqual(inOrder('desc'));
    });

    it('gives pages that know whether there is another', async () => {
      const sizes: number[] = [];

      const first = await openai.beta.threads.messages.list(await longThread(), { limit: 100 });
      for await (const page of first.iterPages()) sizes.push(page.data.length);

      expect(sizes).toEqual([100, 100, 5]);
    });

    it.each<Order>(['asc', 'desc'])('deletes every message while it iterates, %s', async (order) => {
      const threadId = await aLongThread(openai);
      const seen: string[] = [];

      for await (const message of openai.beta.threads.messages.list(threadId, { order, limit: 20 })) {
        seen.push(textOf(message));
        await openai.beta.threads.messages.delete(message.id, { thread_id: threadId });
      }

      expect(seen).toEqual(inOrder(order));
      expect((await openai.beta.threads.messages.list(threadId)).data).toEqual([]);
    });
  });
});
