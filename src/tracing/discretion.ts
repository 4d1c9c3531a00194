import type { tracing } from '@opentelemetry/sdk-node';

/** Says nothing of what callers sent: routes, paths, statuses, addresses, and SQL, whose values are never in it. */
const ALLOWED =
  /^(http\.(request\.method|response\.status_code|route|method|status_code)|url\.(path|scheme)|server\..*|network\..*|net\..*|client\.address|db\..*|rpc\..*|error\.type|prisma\..*|threadstore\..*|method|model|name)$/;

/** Parameters, which an option or a later version might add. */
const NEVER = /^db\..*(parameter|values?$)/;

/** Takes out of a span what may quote a tenant: attributes that are not known to be harmless, and what errors say. */
export class Discretion implements tracing.SpanProcessor {
  onStart(): void {}

  onEnding({ attributes, events, status }: tracing.Span): void {
    for (const name of Object.keys(attributes)) {
      if (!ALLOWED.test(name) || NEVER.test(name)) delete attributes[name];
    }
    events.length = 0;
    delete status.message;
  }

  onEnd(): void {}

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
