import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyBaseLogger, LogController } from 'fastify';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { loggedError } from './errors/logged-error.js';
import { sendWritten } from './http/answer.js';
import { drainOnClose } from './http/drain.js';
import { watchMethods } from './http/other-methods.js';
import { parseQuery } from './http/query.js';
import { refuseConnection, refuseUrl, watchConnections } from './http/refused-connection.js';
import { refuseUnclearHeads } from './http/request-head.js';
import { requestIdOf } from './http/request-id.js';
import { logRequests } from './http/request-log.js';
import { addResponseHeaders } from './http/response-headers.js';
import { limitUnreadAnswers } from './http/unread-answers.js';
import { logStreamOf } from './log-stream.js';
import { serveDocument } from './openapi/document.js';
import { Metrics } from './metrics/metrics.js';
import { measureRequests } from './metrics/request-metrics.js';
import { tagAnswers } from './versions/tag-answers.js';

/** How long the headers of a request and the whole of it may take to arrive. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * How long a client may read nothing of its answer, and twice as long when it has begun to. A stream of events says
 * something every 15 seconds.
 */
const SILENCE_TIMEOUT_MS = 30_000;

/** The longest id in a URL: longer than the headers of a request may be, so that ids are refused by our own rules. */
const MAX_PARAM_LENGTH = 32_768;

/** The whole server, initialised and not yet listening. Its database has to be migrated. */
export async function createApp(config: Config): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    logger: { level: config.logLevel, serializers: { err: loggedError }, stream: await logStreamOf(config) },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    // Lines name their request themselves: a logger of its own for each took 1 % of its time.
    childLoggerFactory: (logger: FastifyBaseLogger) => logger,
    // /v1/threads and /threads are the same.
    rewriteUrl: ({ url = '/' }) => (url.startsWith('/v1/') ? url.slice('/v1'.length) : url),
    routerOptions: { querystringParser: parseQuery, maxParamLength: MAX_PARAM_LENGTH },
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_TIMEOUT_MS,
    // drainOnClose refuses them in our form.
    return503OnClosing: false,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
    },
    clientErrorHandler: refuseConnection,
    frameworkErrors: refuseUrl,
    skipMiddie: true,
    multipart: false,
  });
  const instance = adapter.getInstance();
  addResponseHeaders(instance);
  sendWritten(instance);
  limitUnreadAnswers(instance);
  tagAnswers(instance);
  logRequests(instance);
  drainOnClose(instance, config.shutdownTimeout);
  watchConnections(instance);
  refuseUnclearHeads(instance);
  const refuseOtherMethods = watchMethods(instance);
  // Bodies of all types are left unread here: RequestPipe reads them, after authentication.
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_, body, done) => done(null, body));

  // Whoever wants none does not pay for it: it takes time and memory.
  const door = config.grpcPort > 0 ? (await import('./grpc/grpc.module.js')).GrpcModule : undefined;
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, door && [door]), adapter, {
    bodyParser: false,
    logger: ['fatal', 'error', 'warn'],
    abortOnError: false,
  });
  if (config.isTraced) {
    const { nameSpans, traceStatements } = await import('./tracing/spans.js');
    nameSpans(instance);
    traceStatements();
  }
  if (config.hasDocs) serveDocument(app);
  if (config.hasMetrics) measureRequests(instance, app.get(Metrics));
  await app.init();
  refuseOtherMethods();
  door?.connect(app, config);
  return app;
}
