import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { Config } from '../config/config.js';
import { CHANNEL } from './channel.js';

/** How often a connection has to prove that it hears, and how long it may take. */
const PROOF_INTERVAL_MS = 10_000;
const PROOF_TIMEOUT_MS = 2_000;

/** After a connection that was lost, or that hears nothing. */
const RETRY_MS = 1_000;
const RETRY_DEAF_MS = 30_000;

const CONNECTION_TIMEOUT_MS = 1_500;

/**
 * Hears at once, on one connection of its own, which projects have new events, from whichever server. It makes things
 * fast and is relied on for nothing: behind PgBouncer in transaction mode it hears nothing, and a connection may be
 * lost without a sign. Whoever listens has to look by itself now and then.
 */
@Injectable()
export class WakeUps implements OnApplicationShutdown {
  private readonly listeners = new Set<(projectId: string) => void>();
  private readonly stopping = new AbortController();
  private listening: Promise<void> | undefined;

  constructor(private readonly config: Config) {}

  /** Calls the listener with each project that has new events. The connection is made for the first one. */
  listen(listener: (projectId: string) => void): void {
    this.listeners.add(listener);
    this.listening ??= this.keepListening();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.listening;
  }

  private async keepListening(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const hasHeard = await this.listenOnce();
      await this.pause(hasHeard ? RETRY_MS : RETRY_DEAF_MS);
    }
  }

  /** Until the connection is lost or the server stops. Says whether anything was heard. */
  private async listenOnce(): Promise<boolean> {
    const client = new Client({
      connectionString: this.config.databaseUrl,
      application_name: 'threadstore',
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      query_timeout: PROOF_TIMEOUT_MS,
      keepAlive: true,
    });
    const proof = randomUUID();
    let hasHeard = false;
    let isProven = false;
    client.on('notification', ({ payload = '' }) => {
      hasHeard = true;
      if (payload === proof) isProven = true;
      else for (const listener of this.listeners) listener(payload);
    });
    const lost = new Promise<void>((resolve) => client.once('error', () => resolve()).once('end', () => resolve()));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      do {
        isProven = false;
        await client.query('SELECT pg_notify($1, $2)', [CHANNEL, proof]);
        await Promise.race([lost, this.pause(isProven ? PROOF_INTERVAL_MS : PROOF_TIMEOUT_MS)]);
      } while (isProven && !this.stopping.signal.aborted);
    } catch {
      // Away; the next attempt may find it.
    }
    await client.end().catch(() => undefined);
    return hasHeard;
  }

  private async pause(milliseconds: number): Promise<void> {
    await setTimeout(milliseconds, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
  }
}
