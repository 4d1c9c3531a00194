import type { FastifyInstance } from 'fastify';

const CHECK_MS = 50;

/** How long requests that are under way may take to end when the server is stopped. */
const DEADLINE_MS = 25_000;

/**
 * Lets a server that is stopped end: it answers what is under way and closes each connection with its answer. A
 * connection that carries no request, however it was opened, holds nothing up; neither does a request past the deadline.
 */
export function drainOnClose(instance: FastifyInstance): void {
  let underWay = 0;
  let isDraining = false;
  instance.addHook('onRequest', (_, reply, done) => {
    underWay++;
    reply.raw.once('close', () => underWay--);
    done();
  });
  instance.addHook('onSend', (_, reply, payload, done) => {
    if (isDraining) reply.header('connection', 'close');
    done(null, payload);
  });
  instance.addHook('preClose', async () => {
    isDraining = true;
    const deadline = Date.now() + DEADLINE_MS;
    const check = setInterval(() => {
      if (underWay === 0 || Date.now() > deadline) instance.server.closeAllConnections();
    }, CHECK_MS);
    instance.server.once('close', () => clearInterval(check));
  });
}
