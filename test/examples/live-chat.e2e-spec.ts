import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage } from '../support/build.js';
import { Client } from '../support/client.js';
import { EventStream, openFeed } from '../support/event-stream.js';
import { begin, type ChildOutput, until } from '../support/process.js';
import { Program } from './program.js';

/** For the page to come back, which it does after a second, and be refused. */
const UNTIL_REFUSED_MS = 1_500;

let app: TestApp;
let server: Program;
let threadId: string;

beforeAll(async () => {
  app = await startApp();
});

beforeEach(async () => {
  server = await Program.start(['examples/live-chat/server.mjs'], {
    OPENAI_BASE_URL: `${app.url}/v1`,
    OPENAI_API_KEY: app.a.key!,
  });
  threadId = /thread_\w+/.exec(server.lines[0]!)![0];
});

afterEach(() => server.end());

afterAll(() => app.close());

/** The code of the page, in a program that prints what the page would show. A page stays, also between two streams. */
const PAGE = `
  const { follow, send } = await import(process.env.CODE);
  follow(process.env.SERVER, ({ role, text }) => console.log(role + ': ' + text));
  setInterval(() => {}, 60_000);
  if (process.env.SAY) await send(process.env.SERVER, process.env.SAY);`;

const openPage = (env: Record<string, string> = {}): ChildOutput =>
  begin(process.execPath, ['--no-warnings', '--experimental-eventsource', '--input-type=module', '-e', PAGE], {
    CODE: `${process.cwd()}/examples/live-chat/chat.mjs`,
    SERVER: server.url,
    ...env,
  });

const read = async (path: string): Promise<string> => (await fetch(server.url + path)).text();

/** What a page shows when it has so many lines. */
async function shown(page: ChildOutput, count: number): Promise<string[]> {
  await until(async () => page.stdout.split('\n').length > count);
  return [...page.stdout.trimEnd().split('\n'), ...(page.stderr ? [page.stderr] : [])];
}

describe('the page of the live chat', () => {
  it('and its code are served without the key', async () => {
    const [page, code] = await Promise.all([read('/'), read('/chat.mjs')]);

    expect(page).toContain("import { follow, send } from './chat.mjs'");
    expect(code).toContain('export function follow');
    expect(page + code).not.toContain(app.a.key);
  });

  // Breaks when the page does not look at what came before the stream, or not at events.
  it('shows what is there, and what comes as it comes, each message once', async () => {
    await aMessage(app.a, threadId, { content: 'Before' });
    const page = openPage();
    expect(await shown(page, 1)).toEqual(['user: Before']);

    await aMessage(app.a, threadId, { role: 'assistant', content: 'After' });
    const other = openPage({ SAY: 'From another page' });

    const all = ['user: Before', 'assistant: After', 'user: From another page'];
    expect(await Promise.all([shown(page, 3), shown(other, 3)])).toEqual([all, all]);
    page.child.kill();
    other.child.kill();
  });

  // Breaks when the page gives up with a stream that is refused.
  it('goes on when there were no events for a while', async () => {
    const page = openPage();
    await aMessage(app.a, threadId, { content: 'Before' });
    expect(await shown(page, 1)).toEqual(['user: Before']);

    const stream = await EventStream.open(new Client(server.url, undefined), '/events');
    await app.a.post('/v1/event_feed', { enabled: false });
    await stream.ended;
    await aMessage(app.a, threadId, { content: 'Meanwhile' });
    await setTimeout(UNTIL_REFUSED_MS);
    await openFeed(app.a);

    expect(await shown(page, 2)).toEqual(['user: Before', 'user: Meanwhile']);
    page.child.kill();
  });
});

describe('the stream that it relays', () => {
  // Breaks when `Last-Event-ID` is not handed on.
  it('goes on after the last event that the page has had', async () => {
    const first = await EventStream.open(new Client(server.url, undefined), '/events');
    await aMessage(app.a, threadId);
    const [event] = await first.until(1);
    first.close();
    const { id } = await aMessage(app.a, threadId);

    const second = await EventStream.open(new Client(server.url, undefined), '/events', { 'last-event-id': event.id });

    expect((await second.until(1)).map(({ data }) => data.id)).toEqual([id]);
    second.close();
  });

  it('is refused as Threadstore refuses it', async () => {
    const { status } = await fetch(`${server.url}/events`, { headers: { 'last-event-id': 'evt_9999999999999999' } });

    expect(status).toBe(404);
  });
});
