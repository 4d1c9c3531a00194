import type { Metadata } from './metadata.js';

/** A change of metadata that PostgreSQL applies in one statement: first take keys away, then set keys. */
export interface MetadataChange {
  readonly removesAll: boolean;
  readonly remove: readonly string[];
  readonly set: Metadata;
}

/** POST: the keys sent are set, all others stay; null and nothing change nothing. */
export const mergeOf = (metadata: Metadata | null | undefined): MetadataChange => ({
  removesAll: false,
  remove: [],
  set: metadata ?? {},
});

/** PATCH, a JSON merge patch (RFC 7396): null removes a key, and null for the whole removes them all. */
export function patchOf(metadata: Readonly<Record<string, string | null>> | null | undefined): MetadataChange {
  if (metadata === null) return { removesAll: true, remove: [], set: {} };
  const entries = Object.entries(metadata ?? {});
  return {
    removesAll: false,
    remove: entries.filter(([, value]) => value === null).map(([key]) => key),
    set: Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null)),
  };
}

/** How many pairs there are after the change. */
export function sizeAfter(metadata: Metadata, { removesAll, remove, set }: MetadataChange): number {
  const kept = removesAll ? [] : Object.keys(metadata).filter((key) => !remove.includes(key));
  return new Set([...kept, ...Object.keys(set)]).size;
}
