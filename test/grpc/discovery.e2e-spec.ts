// What gRPC itself defines: health, by the standard service, and reflection, by which grpcurl finds the contract.
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { startServerOn } from '../support/app.js';
import { startAppBehindProxy } from '../support/app-behind-proxy.js';
import { definition, GrpcClient, type Message, methods } from '../support/grpc-client.js';
import { startGrpcApp, type GrpcTestApp } from '../support/grpc-app.js';
import { freePort } from '../support/process.js';

const REFLECTION = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json')),
  'build/proto/grpc/reflection/v1/reflection.proto',
);

const NAMES = ['', 'threadstore.v1.Threads', 'threadstore.v1.Messages'];

let app: GrpcTestApp;
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  app = await startGrpcApp();
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

afterAll(() => app.close());

function clientOf(address: string): GrpcClient {
  const client = new GrpcClient(address);
  closing.push(() => client.close());
  return client;
}

/** Asks a stream of reflection one question. */
async function reflect(question: object): Promise<Message> {
  const service = loadSync(REFLECTION, { keepCase: true, oneofs: true, defaults: true });
  const method = (service['grpc.reflection.v1.ServerReflection'] as ServiceDefinition).ServerReflectionInfo!;
  const client = new Client(app.address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = method;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
  call.write(question);
  const [answer] = await once(call, 'data');
  call.end();
  client.close();
  return answer;
}

describe('grpc.health.v1.Health', () => {
  it.each(NAMES)('says that %j is served, without a key', async (service) => {
    expect(await app.grpc.anonymous.ok('Health.Check', { service })).toEqual({ status: 'SERVING' });
  });

  it('does not know other services', async () => {
    expect((await app.grpc.anonymous.call('Health.Check', { service: 'threadstore.v2.Threads' })).code).toBe(
      'NOT_FOUND',
    );
  });

  // Breaks when it is not asked of the database.
  it('says what /health/ready says, while the database is away and when it is back', async () => {
    const port = await freePort();
    const behind = await startAppBehindProxy({ GRPC_PORT: String(port) });
    closing.push(() => behind.close());
    const client = clientOf(`127.0.0.1:${port}`);
    const both = async () => [
      (await client.ok('Health.Check', { service: '' })).status,
      (await behind.client.get('/health/ready')).status,
    ];

    const before = await both();
    await behind.proxy.close();
    const away = await both();
    const refused = await new GrpcClient(`127.0.0.1:${port}`, behind.client.key).call('Threads.CreateThread');
    await behind.proxy.open();

    expect([before, away, await both()]).toEqual([
      ['SERVING', 200],
      ['NOT_SERVING', 503],
      ['SERVING', 200],
    ]);
    expect(refused.code).toBe('UNAVAILABLE');
  });

  it('tells those who watch', async () => {
    const { path, requestSerialize, responseDeserialize } = (definition['grpc.health.v1.Health'] as ServiceDefinition)
      .Watch!;
    const client = new Client(app.address, credentials.createInsecure());
    closing.push(() => client.close());

    const watch = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: '' });
    const [status] = await once(watch, 'data');
    watch.on('error', () => undefined);
    watch.cancel();

    expect(status).toEqual({ status: 'SERVING' });
  });

  it('is not there with PROBES=off, nor is reflection with DOCS=off', async () => {
    const port = await freePort();
    const server = await startServerOn(app.database, { GRPC_PORT: String(port), PROBES: 'off', DOCS: 'off' });
    closing.push(() => server.close());
    const client = clientOf(`127.0.0.1:${port}`);

    expect((await client.call('Health.Check', { service: '' })).code).toBe('UNIMPLEMENTED');
    expect((await client.call('Threads.ListThreads')).code).toBe('UNAUTHENTICATED');
  });
});

describe('reflection', () => {
  it('lists the services, without a key', async () => {
    const { list_services_response } = await reflect({ list_services: '' });

    expect(list_services_response.service.map(({ name }: Message) => name).toSorted()).toEqual([
      'grpc.health.v1.Health',
      'threadstore.v1.Messages',
      'threadstore.v1.Threads',
    ]);
  });

  it('gives the file of every method', async () => {
    for (const method of methods) {
      const { file_descriptor_response } = await reflect({ file_containing_symbol: `threadstore.v1.${method}` });

      expect(file_descriptor_response.file_descriptor_proto.length).toBeGreaterThan(0);
    }
  });
});
