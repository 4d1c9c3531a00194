import type { FastifyInstance } from 'fastify';
import type { Series } from './histogram.js';
import type { Metrics } from './metrics.js';

/** What has no route, whatever its URL and its method. */
const NO_ROUTE = 'none';
const ANY_METHOD = 'any';

/** Counts and times every answer. It runs for each request, so it looks up two maps and an array, and makes no text. */
export function measureRequests(instance: FastifyInstance, { httpRequests }: Metrics): void {
  const routes = new Map<string, Map<string, Series[]>>();

  const seriesOf = (route: string, method: string, status: number): Series => {
    const methods = entryOf(routes, route, () => new Map<string, Series[]>());
    const statuses = entryOf(methods, method, (): Series[] => []);
    return (statuses[status] ??= httpRequests.add({ route, method, status: String(status) }));
  };

  instance.addHook('onResponse', (request, reply, done) => {
    const { url } = request.routeOptions;
    const series =
      url === undefined
        ? seriesOf(NO_ROUTE, ANY_METHOD, reply.statusCode)
        : seriesOf(url, request.method, reply.statusCode);
    series.observe(reply.elapsedTime / 1000);
    done();
  });
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
