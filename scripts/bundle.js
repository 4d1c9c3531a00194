// Makes a few files of `dist/main.js` and what it imports. To find, read and compile two thousand of them one by one took
// half of the time of a start.
import { build } from 'rolldown';

/** Packages that stay as they are: they look for files beside their own, or tracing has to see how they are loaded. */
const WHOLE = [
  /^@grpc\//,
  /^@opentelemetry\/(?!api$)/,
  /^@prisma\//,
  '@fastify/static',
  'grpc-health-check',
  'pg',
  'pino-pretty',
  'swagger-ui-dist',
];

/** What NestJS would load if it were installed. */
const ABSENT = [
  /^@nestjs\/(websockets|platform-express)/,
  /^class-transformer/,
  '@fastify/multipart',
  '@fastify/view',
  '@nats-io/transport-node',
  'amqp-connection-manager',
  'amqplib',
  'ioredis',
  'kafkajs',
  'mqtt',
];

await build({
  input: 'dist/main.js',
  platform: 'node',
  external: [...WHOLE, ...ABSENT],
  // As deep as the folders of `dist/`, so that what they find by their own place is found from here.
  output: { dir: 'dist', format: 'esm', chunkFileNames: 'bundle/[name]-[hash].js' },
});
