import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { EventDto } from './dto/event.dto.js';
import type { Event } from './event.js';
import { HEARTBEAT, type Heartbeat } from './events.service.js';

/** For `nginx` and the like: what is sent is to be passed on at once. `cache-control: no-store` every answer has. */
const HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };

/** Is sent at once, so that the client knows that it listens, and says how soon it is to come back after an end. */
const FIRST = 'retry: 1000\n\n';

/** How long one who does not read may take to let go when the server stops. */
const LINGER_MS = 1_000;

/** Streams of events as the HTML standard has them, for `EventSource`. */
@Injectable()
export class ServerSentEvents implements BeforeApplicationShutdown {
  private readonly open = new Set<Readable>();

  beforeApplicationShutdown(): void {
    setTimeout(() => {
      for (const stream of this.open) stream.destroy();
    }, LINGER_MS).unref();
  }

  /** Nothing is read ahead of what the client takes. */
  async answer(
    reply: FastifyReply,
    streamUntil: (signal: AbortSignal) => Promise<AsyncIterable<Event | Heartbeat>>,
  ): Promise<Readable> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const lines = Readable.from(linesOf(await streamUntil(gone.signal)), { objectMode: false });
    this.open.add(lines);
    lines.once('close', () => this.open.delete(lines));
    reply.headers(HEADERS);
    return lines;
  }
}

async function* linesOf(events: AsyncIterable<Event | Heartbeat>): AsyncGenerator<string> {
  yield FIRST;
  for await (const event of events) yield event === HEARTBEAT ? ': heartbeat\n\n' : textOf(EventDto.from(event));
}

const textOf = (event: EventDto): string => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
