import type { Type } from '@nestjs/common';

export const MIB = 1024 * 1024;

/** What a request body may measure unless its DTO says otherwise. */
const DEFAULT_BODY_LIMIT = MIB;

const limits = new WeakMap<Type, number>();

/** The most bytes that a body of this DTO may have. */
export const BodyLimit =
  (bytes: number) =>
  (type: Type): void => {
    limits.set(type, bytes);
  };

export const bodyLimitOf = (type: Type): number => limits.get(type) ?? DEFAULT_BODY_LIMIT;
