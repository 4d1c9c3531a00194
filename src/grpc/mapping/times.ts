import type { Timestamp, Timestamp__Output } from '../../generated/grpc/google/protobuf/Timestamp.js';

export const timestampOf = (unixSeconds: number): Timestamp => ({ seconds: unixSeconds, nanos: 0 });

/** Times are compared in whole seconds: later than 1.5 s is later than 1 s, and earlier than 1.5 s is earlier than 2 s. */
export const laterThan = (time: Timestamp__Output | null): string | undefined => time?.seconds;
export const earlierThan = (time: Timestamp__Output | null): string | undefined =>
  time?.nanos ? String(BigInt(time.seconds) + 1n) : time?.seconds;
