import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK, resources } from '@opentelemetry/sdk-node';
import { getSpanProcessorsFromEnv } from '@opentelemetry/sdk-node/build/src/utils.js';
import { PrismaInstrumentation } from '@prisma/instrumentation';
import { Discretion } from './discretion.js';

const { defaultResource, resourceFromAttributes } = resources;

/** What is traced. It is CommonJS: once required here it is traced for whoever imports it later. */
const TRACED = ['node:http', 'pg'];
const TRACED_GRPC = '@grpc/grpc-js';

/** How long a server that ends may take to send its last spans. */
const FLUSH_MS = 2_000;

/** Asked every few seconds by machines, which would fill the store of traces. */
const UNTRACED = /^(\/v1)?\/(health\/|metrics)/;

let sdk: NodeSDK | undefined;

/**
 * Starts the SDK of OpenTelemetry, which reads the OTEL_* variables itself. It has to come before anything that is
 * traced is imported. Spans end at the sender of webhooks: who is called learns nothing of a trace.
 */
export function startTracing(hasGrpc: boolean): void {
  sdk = new NodeSDK({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come after it and win.
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': 'threadstore' })),
    spanProcessors: [new Discretion(), ...getSpanProcessorsFromEnv(undefined)],
    instrumentations: [
      new HttpInstrumentation({
        disableOutgoingRequestInstrumentation: true,
        ignoreIncomingRequestHook: ({ url = '' }) => UNTRACED.test(url),
      }),
      new GrpcInstrumentation(),
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
      new PrismaInstrumentation(),
    ],
  });
  sdk.start();
  const require = createRequire(import.meta.url);
  for (const name of [...TRACED, ...(hasGrpc ? [TRACED_GRPC] : [])]) require(name);
}

/** Sends what was not sent yet. */
export async function stopTracing(): Promise<void> {
  await Promise.race([sdk?.shutdown().catch(() => undefined), setTimeout(FLUSH_MS)]);
}
