import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { Server } from '@grpc/grpc-js';
import { Config } from '../config/config.js';
import { drainTimeMs } from '../http/drain.js';
import type { Readiness } from './readiness.js';

/**
 * Lets the gRPC server end while the HTTP server does: clients are told to go, what is under way is answered, what comes
 * is refused. What takes too long is cut off.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  isUnderWay = false;
  private server: Server | undefined;
  private readiness: Readiness | undefined;

  constructor(private readonly config: Config) {}

  of(server: Server, readiness: Readiness): void {
    this.server = server;
    this.readiness = readiness;
  }

  beforeApplicationShutdown(): void {
    this.isUnderWay = true;
    this.readiness?.stop();
    const force = setTimeout(() => this.server?.forceShutdown(), drainTimeMs(this.config.shutdownTimeout)).unref();
    // Nest waits for its end, when HTTP has ended.
    this.server?.tryShutdown(() => clearTimeout(force));
  }
}
