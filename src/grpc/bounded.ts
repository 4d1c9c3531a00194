import type {
  AnyDefinition,
  EnumTypeDefinition,
  MessageTypeDefinition,
  MethodDefinition,
  PackageDefinition,
} from '@grpc/proto-loader';
import { tooManyValues } from '../errors/catalogue.js';
import { MAX_VALUES } from '../http/json-reader.js';

/** Messages that were not decoded. */
const refused = new WeakSet<object>();

/**
 * Lets the methods of a package decode only what has no more values than a body by HTTP may have: a million empty messages are 2 MB, and
 * to decode them took 10 seconds in which nobody else was served.
 */
export function boundServices(definition: PackageDefinition, scope: string): void {
  for (const [name, service] of Object.entries(definition)) {
    if (!name.startsWith(`${scope}.`) || isMessage(service) || isEnum(service)) continue;
    for (const method of Object.values(service)) bound(definition, scope, method);
  }
}

function bound(definition: PackageDefinition, scope: string, method: MethodDefinition<object, object>): void {
  const { requestDeserialize, requestType } = method;
  method.requestDeserialize = (bytes) => {
    if (new ValueCounter(definition, scope).count(bytes, requestType) <= MAX_VALUES) return requestDeserialize(bytes);
    const nothing = {};
    refused.add(nothing);
    return nothing;
  };
}

export function requireDecoded(message: object): void {
  if (refused.has(message)) throw tooManyValues(MAX_VALUES);
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

const MORE = 0x80;

interface Field {
  readonly number: number;
  readonly type: string;
  readonly typeName: string;
}

interface Descriptor {
  readonly field: readonly Field[];
}

/** Counts the fields of a message and of the messages in it, by the form in which protobuf writes them. */
class ValueCounter {
  private values = 0;

  constructor(
    private readonly definition: PackageDefinition,
    private readonly scope: string,
  ) {}

  /** Stops at one more than there may be, and at what is no message: that is for the decoder to refuse. */
  count(bytes: Buffer, { type }: Pick<MessageTypeDefinition<object, object>, 'type'>): number {
    const fields = hasFields(type) ? type.field : [];
    let position = 0;
    const varint = (): number => {
      let value = 0;
      for (let factor = 1; position < bytes.length; factor *= MORE) {
        const byte = bytes[position++]!;
        value += (byte & ~MORE) * factor;
        if (byte < MORE) break;
      }
      return value;
    };
    while (position < bytes.length && this.values <= MAX_VALUES) {
      const tag = varint();
      this.values++;
      switch (tag % 8) {
        case VARINT:
          varint();
          break;
        case FIXED_64:
          position += 8;
          break;
        case FIXED_32:
          position += 4;
          break;
        case BYTES: {
          const length = varint();
          const field = fields.find(({ number }) => number === Math.floor(tag / 8));
          this.countIn(bytes.subarray(position, position + length), field);
          position += length;
          break;
        }
        default:
          return this.values;
      }
    }
    return this.values;
  }

  private countIn(bytes: Buffer, field: Field | undefined): void {
    // Numbers of a list are packed: at least a byte each.
    if (field?.type === 'TYPE_ENUM') this.values += bytes.length;
    if (field?.type !== 'TYPE_MESSAGE') return;
    // Names of one's own package stand without it. A pair of a map has no name here, and counts once.
    const inner = this.definition[`${this.scope}.${field.typeName}`] ?? this.definition[field.typeName];
    if (inner && isMessage(inner)) this.count(bytes, inner);
  }
}

const hasFields = (type: object): type is Descriptor => 'field' in type;

type AnyMessage = MessageTypeDefinition<object, object>;

const isMessage = (each: AnyDefinition): each is AnyMessage => 'format' in each && 'serialize' in each;
const isEnum = (each: AnyDefinition): each is EnumTypeDefinition => 'format' in each && !('serialize' in each);
