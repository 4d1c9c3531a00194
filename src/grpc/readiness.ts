import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { HealthService } from '../health/health.service.js';
import { PACKAGE } from './definition.js';

/** All of the server, by gRPC's convention, and its services. */
const NAMES = ['', `${PACKAGE}.Threads`, `${PACKAGE}.Messages`];

/** How often the database is looked at for those who watch. */
const INTERVAL_MS = 2_000;

/** The standard health service: says of all services what `/health/ready` says. */
export class Readiness {
  private readonly implementation = new HealthImplementation();
  private underWay: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(private readonly health: HealthService) {}

  addTo(server: Server): void {
    this.implementation.addToServer(server);
  }

  /** Finds out whether requests can be served. Those who ask at once share one look; the first starts the watch. */
  look(): Promise<void> {
    this.timer ??= setInterval(() => void this.look(), INTERVAL_MS).unref();
    this.underWay ??= this.health
      .requireReady()
      .then(
        () => this.say(this.isStopped ? 'NOT_SERVING' : 'SERVING'),
        () => this.say('NOT_SERVING'),
      )
      .finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  /** The server is being stopped: nobody is sent here any more. */
  stop(): void {
    clearInterval(this.timer);
    this.isStopped = true;
    this.say('NOT_SERVING');
  }

  private say(status: 'SERVING' | 'NOT_SERVING'): void {
    for (const name of NAMES) this.implementation.setStatus(name, status);
  }
}
