import { setTimeout } from 'node:timers/promises';
import { clientOfNewProject, type TestApp } from './app.js';
import { ok } from './build.js';
import type { Answer, Client } from './client.js';
import { requireSchema } from './contract.js';

type Body = Answer['body'];

const POLL_MS = 5;

/** Switches the recording of a project on. */
export const openFeed = async (client: Client): Promise<Body> =>
  (await client.post('/v1/event_feed', { enabled: true })).body;

/** So many new projects whose changes are recorded. They are opened together: that takes each a second. */
export const projectsWithFeeds = async ({ admin }: TestApp, count: number): Promise<Client[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const client = await clientOfNewProject(admin, `Recorded ${i}`);
      await openFeed(client);
      return client;
    }),
  );

/** All events of a project that are kept. */
export async function allEvents(client: Client, after?: string): Promise<Body[]> {
  const events: Body[] = [];
  for (let cursor = after; ;) {
    const body = ok(await client.get(`/v1/events?limit=100${cursor ? `&after=${cursor}` : ''}`));
    events.push(...body.data);
    if (!body.has_more) return events;
    cursor = body.last_id;
  }
}

/** What of an event is not a time: its place, what happened, and to what. */
export const happened = ({ id, type, data }: Body): Body => ({ id, type, data });

/** An open stream of server-sent events, read as the HTML standard says. */
export class EventStream {
  readonly events: Body[] = [];
  readonly ids: string[] = [];
  comments = 0;
  isOver = false;
  /** Until the server ends it, or it is closed. */
  readonly ended: Promise<void>;

  private constructor(
    readonly response: Response,
    private readonly gone: AbortController,
  ) {
    this.ended = this.read().finally(() => (this.isOver = true));
    this.ended.catch(() => undefined);
  }

  static async open(client: Client, path: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const gone = new AbortController();
    const response = await fetch(client.baseUrl + path, {
      headers: { authorization: `Bearer ${client.key}`, ...headers },
      signal: gone.signal,
    });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return new EventStream(response, gone);
  }

  /** Waits until so many events have come; the time limit of the test is the only one. */
  async until(count: number): Promise<Body[]> {
    while (this.events.length < count && !this.isOver) await setTimeout(POLL_MS);
    return this.events;
  }

  close(): void {
    this.gone.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of this.response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) this.take(block);
    }
  }

  private take(block: string): void {
    if (block.startsWith(':')) this.comments++;
    const [, id, type, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
    if (data === undefined) return;
    const event: Body = JSON.parse(data);
    if (event.id !== id || event.type !== type) throw new Error(`The lines of an event say different things: ${block}`);
    requireSchema('Event', event);
    this.ids.push(event.id);
    this.events.push(event);
  }
}
