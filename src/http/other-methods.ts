import type { FastifyInstance } from 'fastify';
import { methodNotAllowed } from '../errors/catalogue.js';

/**
 * Watches the routes that are added, and returns a function that refuses, for each of their URLs, the methods it does
 * not have: a wrong method is told from an unknown URL.
 */
export function watchMethods(instance: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<string>>();
  instance.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    methodsByUrl.set(url, methods);
    for (const each of [method].flat()) methods.add(each);
  });
  return () => {
    const known = [...methodsByUrl];
    for (const [url, methods] of known) {
      const allow = [...methods].join(', ');
      const others = instance.supportedMethods.filter((method) => !methods.has(method));
      instance.route({
        url,
        method: others,
        handler: (request, reply) => {
          reply.header('allow', allow);
          throw methodNotAllowed(request.method, request.originalUrl);
        },
      });
    }
  };
}
