import { type ClientReadableStream, type Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { setTimeout } from 'node:timers/promises';
import type { Message } from './grpc-client.js';

const POLL_MS = 5;

/** The answers of a streaming call, as they come. */
export class GrpcStream {
  readonly messages: Message[] = [];
  /** Its metadata, when the server listens; undefined when it was refused. */
  readonly begun: Promise<Metadata | undefined>;
  readonly ended: Promise<StatusObject>;
  private isOver = false;

  constructor(readonly call: ClientReadableStream<object>) {
    call.on('data', (message: Message) => this.messages.push(message));
    // It comes with the status too.
    call.on('error', () => undefined);
    this.ended = new Promise((resolve) => call.once('status', resolve));
    const begun = new Promise<Metadata>((resolve) => call.once('metadata', resolve));
    this.begun = Promise.race([begun, this.ended.then(() => undefined)]);
    void this.ended.then(() => (this.isOver = true));
  }

  /** Waits until so many messages have come; the time limit of the test is the only one. */
  async until(count: number): Promise<Message[]> {
    while (this.messages.length < count && !this.isOver) await setTimeout(POLL_MS);
    return this.messages;
  }

  /** The name of the code that it ended with. */
  async code(): Promise<string> {
    return status[(await this.ended).code];
  }
}
