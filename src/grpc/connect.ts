import { logVerbosity, type Server, type ServerOptions, setLogVerbosity } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { type GrpcOptions, Transport } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { KeyGuard } from '../auth/key.guard.js';
import type { Config } from '../config/config.js';
import { grpcAddressOf } from '../config/grpc-address.js';
import { HealthService } from '../health/health.service.js';
import { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import { Metrics } from '../metrics/metrics.js';
import { Admission } from './admission.js';
import { CallEnds } from './call-ends.js';
import { definition, PACKAGE } from './definition.js';
import { Draining } from './draining.js';
import { Readiness } from './readiness.js';
import { Refusals } from './refusals.js';

/** A connection that is silent for so long is asked whether it is still there, and has so long to answer. */
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

/** A connection without calls is closed after so long. */
const IDLE_MS = 15 * 60_000;

/** How many calls of one connection are served at once; a client lets the rest wait. */
const MAX_CALLS = 1_000;

/** Adds the gRPC services to a server that is initialised, and not yet listening. */
export function connectGrpc(app: NestFastifyApplication, config: Config): void {
  // What it would say goes wrong is thrown too, or told to the caller.
  setLogVerbosity(logVerbosity.NONE);
  const { log } = app.getHttpAdapter().getInstance();
  const draining = app.get(Draining);
  const readiness = new Readiness(app.get(HealthService));
  const rates = config.rateLimit > 0 ? app.get(RateLimitGuard) : undefined;
  const ends = new CallEnds(app.get(Metrics), log);
  const { interceptor } = new Admission(app.get(KeyGuard), rates, readiness, draining, app.get(Refusals), ends, log);
  const channelOptions: ServerOptions = {
    interceptors: [interceptor],
    'grpc.max_receive_message_length': config.bodyLimit,
    'grpc.max_concurrent_streams': MAX_CALLS,
    'grpc.max_connection_idle_ms': IDLE_MS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  };
  const options: GrpcOptions = {
    transport: Transport.GRPC,
    options: {
      package: PACKAGE,
      packageDefinition: definition,
      url: grpcAddressOf(config),
      channelOptions,
      gracefulShutdown: true,
      onLoadPackageDefinition: (_, server: Server) => {
        draining.of(server, readiness);
        if (config.hasProbes) readiness.addTo(server);
        if (config.hasDocs) new ReflectionService(definition).addToServer(server);
      },
    },
  };
  app.connectMicroservice(options);
}
