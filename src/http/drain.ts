import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors/catalogue.js';
import { isLastAnswer } from './refused-connection.js';

const CHECK_MS = 50;

/** Of the time that a server has to end, what is left for its database when the requests are over. */
const CLOSING_MS = 2_000;

/** How long what is under way may take when a server is stopped. */
export const drainTimeMs = (shutdownTimeout: number): number =>
  Math.max(shutdownTimeout * 1000 - CLOSING_MS, (shutdownTimeout * 1000) / 2);

/**
 * Lets a server that is stopped end: it answers what is under way, refuses what comes, and closes each connection with
 * its last answer: requests may be pipelined, and have all begun. A connection that carries no request, however it was
 * opened, holds nothing up; neither does a request that takes too long.
 */
export function drainOnClose(instance: FastifyInstance, shutdownTimeout: number): void {
  let underWay = 0;
  let isDraining = false;
  instance.addHook('onRequest', (_, reply, done) => {
    underWay++;
    reply.raw.once('close', () => underWay--);
    done(isDraining ? unavailable('It is being stopped.') : undefined);
  });
  instance.addHook('onSend', (_, reply, payload, done) => {
    if (isDraining && isLastAnswer(reply.raw)) reply.header('connection', 'close');
    done(null, payload);
  });
  instance.addHook('preClose', async () => {
    isDraining = true;
    const deadline = Date.now() + drainTimeMs(shutdownTimeout);
    const check = setInterval(() => {
      if (underWay === 0 || Date.now() > deadline) instance.server.closeAllConnections();
      else instance.server.closeIdleConnections();
    }, CHECK_MS);
    instance.server.once('close', () => clearInterval(check));
  });
}
