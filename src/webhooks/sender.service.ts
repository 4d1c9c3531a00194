import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { Config } from '../config/config.js';
import { isDatabaseAway, NotConnectedError } from '../errors/database-error.js';
import { WakeUps } from '../events/wake-ups.js';
import { AttemptsRepository, type Claim } from './attempts.repository.js';
import { DeliveryService } from './delivery.service.js';
import { type EndpointKey, FanOutRepository, type Work } from './fan-out.repository.js';
import { OutboxLag } from './outbox-lag.js';
import { TurnsRepository } from './turns.repository.js';

/** How many attempts a server makes at once of one endpoint, and of all. A slow endpoint holds up nothing but itself. */
const MAX_OF_ONE = 4;
const MAX_OF_ALL = 512;

/** Between two rounds: what happens meanwhile goes together. */
const GAP_MS = 20;

/** How long the sender sleeps when nothing wakes it: with endpoints, and where there are none and nobody is heard. */
const POLL_MS = 1_000;
const IDLE_POLL_MS = 30_000;

/** How often it looks for lines that a crashed server left without a turn. */
const SWEEP_MS = 60_000;

/** Of the time that a server has to end, what is left for its database. */
const CLOSING_MS = 2_000;

const nameOf = ({ projectId, endpointId }: EndpointKey): string => `${projectId}/${endpointId}`;

/** Sends what happens to the endpoints. Every server has one, and they share the work by claims. */
@Injectable()
export class SenderService implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly underWay = new Map<string, number>();
  private readonly attemptsUnderWay = new Set<Promise<void>>();
  private running = Promise.resolve();
  private isStopped = false;
  private isAwake = false;
  private sleep: { readonly timer: NodeJS.Timeout; readonly end: () => void } | undefined;
  private patience: NodeJS.Timeout | undefined;
  private sweptAt = 0;
  private isListening = false;

  constructor(
    private readonly fanOut: FanOutRepository,
    private readonly turns: TurnsRepository,
    private readonly attempts: AttemptsRepository,
    private readonly deliveries: DeliveryService,
    private readonly lag: OutboxLag,
    private readonly wakeUps: WakeUps,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Looks at once whether there is something to do. */
  wake(): void {
    this.isAwake = true;
    this.sleep?.end();
  }

  /** From now on nothing is claimed. What is under way may end, as requests may. */
  onModuleDestroy(): void {
    this.isStopped = true;
    this.wake();
    const patienceMs = this.config.shutdownTimeout * 1000;
    this.patience = setTimeout(() => this.deliveries.giveUp(), Math.max(patienceMs - CLOSING_MS, patienceMs / 2));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.running;
    await Promise.all(this.attemptsUnderWay);
    clearTimeout(this.patience);
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.isAwake = false;
      const pause = await this.round().catch((error: unknown) => {
        this.tell(error, 'Webhooks were not looked for.');
        return POLL_MS;
      });
      await this.pause(GAP_MS, false);
      if (pause > 0) await this.pause(pause, true);
    }
  }

  /** Does what there is to do, and says in how many milliseconds there may be more. */
  private async round(): Promise<number> {
    const work = await this.fanOut.work();
    if (work.length === 0) {
      this.lag.clear();
      return IDLE_POLL_MS;
    }
    this.listen();
    await this.lag.measure();
    await this.sweep(work);
    const behind = work.filter(({ isBehind }) => isBehind);
    const lines = behind.length > 0 ? await this.fanOut.fanOut(behind) : [];
    await this.turns.give(lines);
    const due = work.filter(({ isBehind, dueIn }) => isBehind || (dueIn !== null && dueIn <= 0));
    const claims = await this.claim(due);
    for (const claim of claims) this.start(claim);
    if (lines.length > 0 || claims.length > 0) return 0;
    const next = work.flatMap(({ dueIn }) => (dueIn !== null && dueIn > 0 ? [dueIn * 1000] : []));
    return Math.min(POLL_MS, ...next);
  }

  /** A server that has nowhere to send to spares itself the connection. */
  private listen(): void {
    if (!this.isListening) this.wakeUps.listen(() => this.wake());
    this.isListening = true;
  }

  private async claim(keys: readonly EndpointKey[]): Promise<readonly Claim[]> {
    const capacities = keys.map(({ projectId, endpointId }) => {
      const free = MAX_OF_ONE - (this.underWay.get(nameOf({ projectId, endpointId })) ?? 0);
      return { projectId, endpointId, free };
    });
    const open = capacities
      .filter(({ free }) => free > 0)
      .slice(0, Math.floor((MAX_OF_ALL - this.attemptsUnderWay.size) / MAX_OF_ONE));
    return this.isStopped || open.length === 0 ? [] : this.attempts.claim(open);
  }

  private start(claim: Claim): void {
    const name = nameOf(claim);
    this.underWay.set(name, (this.underWay.get(name) ?? 0) + 1);
    const attempt = this.deliveries
      .attempt(claim)
      // It is claimed still, and will be made again when the claim has run out.
      .catch((error: unknown) => this.tell(error, 'What became of a webhook could not be written down.'))
      .finally(() => {
        const left = (this.underWay.get(name) ?? 0) - 1;
        if (left > 0) this.underWay.set(name, left);
        else this.underWay.delete(name);
        this.attemptsUnderWay.delete(attempt);
        this.wake();
      });
    this.attemptsUnderWay.add(attempt);
  }

  private async sweep(work: readonly Work[]): Promise<void> {
    if (Date.now() - this.sweptAt < SWEEP_MS) return;
    this.sweptAt = Date.now();
    for (const { projectId, endpointId } of work) {
      await this.turns.give(await this.turns.waiting(projectId, endpointId));
    }
  }

  private async pause(milliseconds: number, isInterruptible: boolean): Promise<void> {
    if (isInterruptible && this.isAwake) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      if (isInterruptible) this.sleep = { timer, end: () => (clearTimeout(timer), resolve()) };
    });
    this.sleep = undefined;
  }

  private tell(error: unknown, message: string): void {
    if (isDatabaseAway(error) || error instanceof NotConnectedError) return;
    this.host.httpAdapter.getInstance().log.error({ err: error }, message);
  }
}
