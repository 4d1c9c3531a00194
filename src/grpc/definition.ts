import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import { boundServices } from './bounded.js';

const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));

export const PACKAGE = 'threadstore.v1';

/** `npm run generate:grpc` makes the types with the same choices. */
const LOADER = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [PROTO] };

/** The contract, the standard health service, and what refusals carry. */
export const definition = loadSync(
  ['threadstore/v1/threadstore.proto', 'google/rpc/status.proto', 'google/rpc/error_details.proto', healthProtoPath],
  LOADER,
);

boundServices(definition, PACKAGE);

/** Writes a message that is not the answer of a method. */
export function serialize(name: 'google.rpc.Status', message: object): Buffer {
  const type = definition[name];
  if (!isMessageType(type)) throw new Error(`${name} is not a message of the .proto files.`);
  return type.serialize(message);
}

const isMessageType = (type: object | undefined): type is MessageTypeDefinition<object, object> =>
  type !== undefined && 'serialize' in type;
