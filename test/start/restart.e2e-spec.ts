import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aMessage, aThread, ok } from '../support/build.js';
import { Client } from '../support/client.js';
import { Installation, type ServerProcess, STARTS_TIMEOUT_MS, statusOf, until } from '../support/process.js';

jest.setTimeout(STARTS_TIMEOUT_MS);

describe('node dist/main.js, again', () => {
  let installation: Installation;
  let first: ServerProcess;
  let client: Client;

  beforeAll(async () => {
    installation = await Installation.make();
  });

  beforeEach(async () => {
    first = await installation.start();
    client = await clientOf(first);
  });

  afterEach(() => installation.end());

  afterAll(() => installation.remove());

  const clientOf = async (server: ServerProcess): Promise<Client> =>
    new Client(server.url, (await installation.read('api-key')).trim());

  it('shows no keys, and keeps those of the first start and the data', async () => {
    const thread = await aThread(client, { metadata: { user: 'abc123' } });
    const firstKeys = [await installation.read('api-key'), await installation.read('admin-api-key')];
    await first.end('SIGTERM');

    const second = await installation.start();

    expect(second.stdout).not.toMatch(/key/i);
    expect([await installation.read('api-key'), await installation.read('admin-api-key')]).toEqual(firstKeys);
    expect((await (await clientOf(second)).get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
  });

  it('makes a key valid that is given to a later start, beside those that were', async () => {
    await first.end('SIGTERM');

    const second = await installation.start({ API_KEY: 'a key that was given later' });

    expect((await new Client(second.url, 'a key that was given later').get('/v1/threads')).status).toBe(200);
    expect((await (await clientOf(second)).get('/v1/threads')).status).toBe(200);
  });

  it('adopts the PostgreSQL that a killed server left, with all that was acknowledged', async () => {
    const postgres = await installation.postgresPid();
    const { threadId, acknowledged } = await appendUntilGone(client, () => first.end('SIGKILL'));

    const second = await installation.start();

    expect(await installation.postgresPid()).toBe(postgres);
    expect(await textsOf(await clientOf(second), threadId)).toEqual(expect.arrayContaining(acknowledged));
    expect((await second.end('SIGTERM')).code).toBe(0);
    expect(await installation.postgresPid()).toBeUndefined();
  });

  it('starts a PostgreSQL that was killed under it again, with all that was acknowledged', async () => {
    const thread = await aThread(client);
    const postgres = (await installation.postgresPid())!;

    process.kill(postgres, 'SIGKILL');
    await until(async () => ![postgres, undefined].includes(await installation.postgresPid()));
    await until(async () => (await statusOf(`${first.url}/health/ready`)) === 200);

    expect((await client.get(`/v1/threads/${thread.id}`)).body).toEqual(thread);
    expect((await first.end('SIGTERM')).code).toBe(0);
    expect(await installation.postgresPid()).toBeUndefined();
  });

  it('recovers when PostgreSQL was killed too, with all that was acknowledged', async () => {
    const postgres = (await installation.postgresPid())!;
    const { threadId, acknowledged } = await appendUntilGone(client, () => {
      process.kill(postgres, 'SIGKILL');
      return first.end('SIGKILL');
    });

    const second = await installation.start();

    expect(await installation.postgresPid()).not.toBe(postgres);
    expect(await textsOf(await clientOf(second), threadId)).toEqual(expect.arrayContaining(acknowledged));
  });

  it('does so several times in a row', async () => {
    const { id } = await aThread(client);
    const texts = ['first', 'second', 'third'];
    let server = first;

    for (const content of texts) {
      await aMessage(await clientOf(server), id, { content });
      process.kill((await installation.postgresPid())!, 'SIGKILL');
      await server.end('SIGKILL');
      server = await installation.start();
    }

    expect(await textsOf(await clientOf(server), id)).toEqual(texts);
  });
});

const ENOUGH = 40;

/** Appends messages, and kills when there are enough. What was answered with 200 is acknowledged. */
async function appendUntilGone(
  client: Client,
  kill: () => Promise<unknown>,
): Promise<{ threadId: string; acknowledged: string[] }> {
  const { id: threadId } = await aThread(client);
  const acknowledged: string[] = [];
  const append = async (writer: number): Promise<void> => {
    for (let i = 0; ; i++) {
      const content = `${writer}/${i}`;
      try {
        await aMessage(client, threadId, { content });
      } catch {
        return;
      }
      acknowledged.push(content);
      if (acknowledged.length === ENOUGH) await kill();
    }
  };
  await Promise.all([append(1), append(2), append(3), append(4)]);
  if (acknowledged.length < ENOUGH) throw new Error(`Only ${acknowledged.length} messages were acknowledged.`);
  return { threadId, acknowledged };
}

/** The texts of all messages, oldest first. */
async function textsOf(client: Client, threadId: string): Promise<string[]> {
  const texts: string[] = [];
  let page: { data: MessageBody[]; last_id: string; has_more: boolean } | undefined;
  do {
    const after = page?.last_id ?? '';
    page = ok(await client.get(`/v1/threads/${threadId}/messages?order=asc&limit=100&after=${after}`)) as typeof page;
    texts.push(...page!.data.map(({ content }) => content[0]!.text.value));
  } while (page!.has_more);
  return texts;
}

interface MessageBody {
  readonly content: { readonly text: { readonly value: string } }[];
}
