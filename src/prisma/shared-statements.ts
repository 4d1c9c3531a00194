import type { Context } from '@opentelemetry/api';

/** Who counts how many requests share a statement: they are told of each, with its kind. */
export const counters = new Set<(kind: string, requests: number) => void>();

/** Who traces requests: what each of them carries along, and how a statement runs on behalf of some. */
interface Tracer {
  context(): Context;
  within<Result>(
    contexts: readonly (Context | undefined)[],
    kind: string,
    work: () => Promise<Result>,
  ): Promise<Result>;
}

/** Nobody, unless the server is traced; then it costs nothing. */
export const tracing: { by?: Tracer } = {};
