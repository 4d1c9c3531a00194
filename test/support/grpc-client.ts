import {
  type CallOptions,
  Client,
  credentials,
  type ClientUnaryCall,
  Metadata,
  type ServiceError,
  status,
  type StatusObject,
} from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import { GrpcStream } from './grpc-stream.js';

/** The files of the contract, as any client reads them. */
export const definition = loadSync(
  ['threadstore/v1/threadstore.proto', 'google/rpc/status.proto', 'google/rpc/error_details.proto', healthProtoPath],
  { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, json: true, includeDirs: ['proto'] },
);

const SERVICES = { Threads: 'threadstore.v1.Threads', Messages: 'threadstore.v1.Messages' };

/** Every method of the contract: `Threads.CreateThread` and so on. */
export const methods: readonly string[] = Object.entries(SERVICES).flatMap(([name, path]) =>
  Object.keys(definition[path] as ServiceDefinition).map((method) => `${name}.${method}`),
);

// What is answered is compared with what is expected of it, whatever that is.
// oxlint-disable-next-line typescript/no-explicit-any
export type Message = any;

/** All that a call gave its caller. */
export interface GrpcAnswer {
  readonly code: string;
  /** The answer; undefined when it was refused. */
  readonly message?: Message;
  /** What was refused, as gRPC and as google.rpc.Status say it. */
  readonly refusal?: Refusal;
  /** Metadata of the answer, or of the refusal. */
  readonly metadata: Record<string, unknown>;
}

export interface Refusal {
  readonly text: string;
  readonly details: Message[];
}

type Options = CallOptions & { readonly metadata?: Record<string, string> };

/** What a refusal that came as a status says. */
export const refusedBy = (refused: StatusObject): GrpcAnswer => ({
  code: status[refused.code],
  refusal: readRefusal(refused),
  metadata: refused.metadata.getMap(),
});

/** A caller with one key, or with none, on one connection. */
export class GrpcClient {
  private readonly client: Client;

  constructor(
    readonly address: string,
    readonly key?: string,
  ) {
    this.client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  async call(method: string, request: object = {}, { metadata = {}, ...options }: Options = {}): Promise<GrpcAnswer> {
    return this.begin(method, request, { metadata, ...options }).answer;
  }

  /** The answer has to be a success. */
  async ok(method: string, request: object = {}, metadata: Record<string, string> = {}): Promise<Message> {
    const { code, message, refusal } = await this.call(method, request, { metadata });
    if (code !== 'OK') throw new Error(`${method}: ${code} ${refusal?.text}`);
    return message;
  }

  begin(
    method: string,
    request: object,
    { metadata = {}, ...options }: Options = {},
  ): { readonly call: ClientUnaryCall; readonly answer: Promise<GrpcAnswer> } {
    const { path, requestSerialize, responseDeserialize } = methodOf(method);
    const sent = this.metadataWith(metadata);
    let call!: ClientUnaryCall;
    const answer = new Promise<GrpcAnswer>((resolve) => {
      let headers = new Metadata();
      call = this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        sent,
        options,
        (error: ServiceError | null, message?: object) =>
          resolve(error ? refusedBy(error) : { code: 'OK', message, metadata: headers.getMap() }),
      );
      call.on('metadata', (received: Metadata) => (headers = received));
    });
    return { call, answer };
  }

  /** Opens a stream of events. */
  watch(request: object = {}, { metadata = {}, ...options }: Options = {}): GrpcStream {
    const { path, requestSerialize, responseDeserialize } = methodOf('Threads.Watch');
    const sent = this.metadataWith(metadata);
    return new GrpcStream(
      this.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, sent, options),
    );
  }

  close(): void {
    this.client.close();
  }

  private metadataWith(more: Record<string, string>): Metadata {
    const metadata = new Metadata();
    if (this.key !== undefined) metadata.set('authorization', `Bearer ${this.key}`);
    for (const [name, value] of Object.entries(more)) metadata.set(name, value);
    return metadata;
  }
}

function methodOf(name: string): ServiceDefinition[string] {
  const [service = '', method = ''] = name.split('.');
  const path = SERVICES[service as keyof typeof SERVICES] ?? 'grpc.health.v1.Health';
  return (definition[path] as ServiceDefinition)[method]!;
}

function readRefusal({ details, metadata }: StatusObject): Refusal {
  const [bytes] = metadata.get('grpc-status-details-bin');
  const type = definition['google.rpc.Status'] as MessageTypeDefinition<object, { details: Message[] }>;
  return { text: details, details: Buffer.isBuffer(bytes) ? type.deserialize(bytes).details : [] };
}

const detailOf = ({ refusal }: GrpcAnswer, type: string): Message =>
  refusal?.details.find((each) => each['@type'].endsWith(`.${type}`));

/** What the HTTP door says of the same refusal. */
export function asHttp(answer: GrpcAnswer): { readonly status: number; readonly body: object } {
  const { http_status, type, param = null, code = null } = detailOf(answer, 'ErrorInfo').metadata;
  return { status: Number(http_status), body: { error: { message: answer.refusal?.text, type, param, code } } };
}

/** After how many seconds the call may be repeated, as google.rpc.RetryInfo says. */
export const retryAfterOf = (answer: GrpcAnswer): Message => detailOf(answer, 'RetryInfo')?.retry_delay;
