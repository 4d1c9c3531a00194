import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError } from 'openai';
import { startApp, type TestApp } from '../support/app.js';
import { aThread, noThread } from '../support/build.js';

describe('client.beta.threads of the openai package', () => {
  let app: TestApp;
  let openai: OpenAI;

  beforeAll(async () => {
    app = await startApp();
    openai = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: app.a.key, maxRetries: 0 });
  });

  afterAll(() => app.close());

  it.each([
    ['with /v1', '/v1'],
    ['with /v1/', '/v1/'],
    ['without /v1', ''],
    ['that ends with a slash', '/'],
  ])('creates, retrieves, updates and deletes a thread at a base URL %s', async (_, base) => {
    const { threads } = new OpenAI({ baseURL: app.url + base, apiKey: app.a.key, maxRetries: 0 }).beta;

    const created = await threads.create({ metadata: { user: 'abc123' } });
    expect(created).toEqual({
      id: expect.stringMatching(/^thread_[0-9A-Za-z]{24}$/),
      object: 'thread',
      created_at: expect.any(Number),
      metadata: { user: 'abc123' },
      tool_resources: {},
    });

    expect(await threads.retrieve(created.id)).toEqual(created);

    const updated = await threads.update(created.id, {
      metadata: { modified: 'true' },
      tool_resources: { code_interpreter: { file_ids: ['file-abc123'] } },
    });
    expect(updated).toEqual({
      ...created,
      metadata: { user: 'abc123', modified: 'true' },
      tool_resources: { code_interpreter: { file_ids: ['file-abc123'] } },
    });

    expect(await threads.delete(created.id)).toEqual({ id: created.id, object: 'thread.deleted', deleted: true });
    await expect(threads.retrieve(created.id)).rejects.toThrow(NotFoundError);
  });

  it('creates a thread with nothing at all', async () => {
    expect((await openai.beta.threads.create()).metadata).toEqual({});
  });

  it('creates a thread with messages, attachments and a vector store', async () => {
    const attachments = [{ file_id: 'file-abc123', tools: [{ type: 'code_interpreter' as const }] }];

    const thread = await openai.beta.threads.create({
      messages: [
        { role: 'user', content: 'Create 3 data visualizations based on the trends in this file.', attachments },
        { role: 'assistant', content: [{ type: 'text', text: 'Here they are.' }] },
      ],
      tool_resources: {
        file_search: {
          vector_stores: [
            {
              file_ids: ['file-abc123'],
              chunking_strategy: {
                type: 'static',
                static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
              },
            },
          ],
        },
      },
    });

    expect(thread.tool_resources).toEqual({
      file_search: { vector_store_ids: [expect.stringMatching(/^vs_[0-9a-f]{32}$/)] },
    });
    const { data } = await openai.beta.threads.messages.list(thread.id, { order: 'asc' });
    expect(data.map(({ role, attachments: attached }) => [role, attached])).toEqual([
      ['user', attachments],
      ['assistant', []],
    ]);
    const store = await openai.vectorStores.retrieve(thread.tool_resources!.file_search!.vector_store_ids![0]!);
    expect(store.object).toBe('vector_store');
  });

  it('changes nothing when it is given null or nothing', async () => {
    const created = await openai.beta.threads.create({ metadata: { user: 'abc123' } });

    expect(await openai.beta.threads.update(created.id, { metadata: null, tool_resources: null })).toEqual(created);
    expect(await openai.beta.threads.update(created.id, {})).toEqual(created);
    expect((await openai.beta.threads.create({ metadata: null })).metadata).toEqual({});
  });

  it('throws AuthenticationError for a wrong key', async () => {
    const error = await errorOf(openai.withOptions({ apiKey: 'sk-not-a-key' }).beta.threads.create());

    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', param: null, type: 'invalid_request_error' });
    expect(error.requestID).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('throws PermissionDeniedError for the key of an administrator', async () => {
    const error = await errorOf(openai.withOptions({ apiKey: app.admin.key }).beta.threads.create());

    expect(error).toBeInstanceOf(PermissionDeniedError);
  });

  it('throws NotFoundError for a thread that is not there, or not ours', async () => {
    const { threads } = openai.beta;
    const theirs = await aThread(app.b);

    for (const id of ['thread_abc123', theirs.id]) {
      const refused = [
        await errorOf(threads.retrieve(id)),
        await errorOf(threads.update(id, { metadata: { user: 'abc123' } })),
        await errorOf(threads.delete(id)),
      ];
      for (const error of refused) {
        expect(error).toBeInstanceOf(NotFoundError);
        expect({ error: error.error }).toEqual(noThread(id));
        expect(error.requestID).toMatch(/^req_[0-9a-f]{32}$/);
      }
    }
  });

  it('throws BadRequestError that names the field', async () => {
    const error = await errorOf(
      openai.beta.threads.create({
        // A value of a type that TypeScript would not let through.
        messages: [
          { role: 'user', content: 'Hello', attachments: [{ file_id: 'file-abc123', tools: 'all' as never }] },
        ],
      }),
    );

    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      message: "400 Invalid type for 'messages[0].attachments[0].tools': expected an array, but got a string instead.",
      param: 'messages[0].attachments[0].tools',
      code: 'invalid_type',
      type: 'invalid_request_error',
    });
    expect(error.requestID).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('is refused for an empty id, which it sends as the list of threads', async () => {
    const { threads } = openai.beta;

    await expect(threads.retrieve('')).rejects.toThrow(NotFoundError);
    await expect(threads.delete('')).rejects.toThrow(NotFoundError);
    await expect(threads.update('', { metadata: { user: 'abc123' } })).rejects.toThrow(NotFoundError);
  });

  it('lists threads through client.get', async () => {
    const user = 'a user of this test';
    const first = await openai.beta.threads.create({ metadata: { user } });
    const second = await openai.beta.threads.create({ metadata: { user, topic: 'more' } });
    await openai.beta.threads.create({ metadata: { user: 'another' } });

    const query = { 'metadata[user]': user, limit: 10 };
    const page = await openai.get('/threads', { query });

    expect(page).toEqual({
      object: 'list',
      data: [second, first],
      first_id: second.id,
      last_id: first.id,
      has_more: false,
    });
    expect(await openai.get('/threads', { query: { metadata: { user }, limit: 10 } })).toEqual(page);
  });
});

async function errorOf(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call;
  } catch (error) {
    return error as InstanceType<typeof OpenAI.APIError>;
  }
  throw new Error('The call was not refused.');
}
