import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { Config } from '../config/config.js';
import { EventDto } from '../events/dto/event.dto.js';
import { Metrics } from '../metrics/metrics.js';
import { AttemptsRepository, type Claim, type Outcome } from './attempts.repository.js';
import { Destinations } from './destinations.js';
import { type Answer, GivenUpError, NoAnswerError, post, type Post } from './post.js';
import { delayAfter, MAX_ATTEMPTS, retryAfterOf } from './retry-schedule.js';
import { signedHeaders } from './signature.js';
import { TurnsRepository } from './turns.repository.js';
import { deliveryIdOf, type Failure } from './webhook-delivery.js';
import { ownerOf, SecretBox } from './webhook-secret.js';

const GONE = 410;

/** Makes one attempt of a delivery, and sees to what comes of it. */
@Injectable()
export class DeliveryService {
  private readonly box: SecretBox;
  private readonly underWay = new Set<Post>();

  constructor(
    private readonly attempts: AttemptsRepository,
    private readonly turns: TurnsRepository,
    private readonly destinations: Destinations,
    private readonly metrics: Metrics,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    config: Config,
  ) {
    this.box = new SecretBox(config.keyPepper);
  }

  async attempt(claim: Claim): Promise<void> {
    const outcome = await this.outcomeOf(claim);
    if (!outcome) return this.attempts.release(claim);
    if (outcome.lastStatus === GONE) await this.attempts.disable(claim);
    await this.attempts.end(claim, outcome);
    this.metrics.webhookDeliveries.inc({ outcome: outcome.status === 'pending' ? 'failed' : outcome.status });
    if (outcome.status === 'dead') this.tellDead(claim, outcome);
    if (outcome.status !== 'pending') await this.turns.give([claim]);
  }

  /** Breaks off what is under way: it is released, and any server may send it. */
  giveUp(): void {
    for (const each of this.underWay) each.giveUp();
  }

  /** Undefined when it was given up. */
  private async outcomeOf(claim: Claim): Promise<Outcome | undefined> {
    try {
      return answered(claim, await this.send(claim));
    } catch (error) {
      if (error instanceof GivenUpError) return undefined;
      if (error instanceof NoAnswerError) return failed(claim, error.failure);
      throw error;
    }
  }

  private async send(claim: Claim): Promise<Answer> {
    const id = deliveryIdOf(claim.endpointId, claim.position);
    const body = JSON.stringify(EventDto.from(claim));
    const headers = signedHeaders(id, body, this.secretsOf(claim), new Date());
    const sent = post(this.destinations, claim.url, headers, body);
    this.underWay.add(sent);
    return sent.answer.finally(() => this.underWay.delete(sent));
  }

  /** The newest first. */
  private secretsOf({ projectId, endpointId, secret, previousSecret }: Claim): string[] {
    const owner = ownerOf(projectId, endpointId);
    try {
      return [secret, ...(previousSecret ? [previousSecret] : [])].map((sealed) => this.box.open(sealed, owner));
    } catch {
      throw new NoAnswerError('secret_unreadable');
    }
  }

  private tellDead({ endpointId, attempts }: Claim, { lastStatus, lastError }: Outcome): void {
    const line = { webhook_endpoint_id: endpointId, attempts, status: lastStatus, reason: lastError };
    this.host.httpAdapter.getInstance().log.warn(line, 'A webhook was given up.');
  }
}

function answered(claim: Claim, { status, retryAfter }: Answer): Outcome {
  if (status >= 200 && status < 300) return { status: 'succeeded', delay: null, lastStatus: status, lastError: null };
  const isRedirect = status >= 300 && status < 400;
  return failed(claim, isRedirect ? 'redirected' : 'refused', status, retryAfterOf(retryAfter, Date.now()));
}

function failed({ attempts }: Claim, lastError: Failure, lastStatus: number | null = null, wish?: number): Outcome {
  if (attempts >= MAX_ATTEMPTS) return { status: 'dead', delay: null, lastStatus, lastError };
  return { status: 'pending', delay: delayAfter(attempts, wish), lastStatus, lastError };
}
