import { integerTooSmall } from '../../errors/catalogue.js';
import type { MetadataPatch__Output } from '../../generated/grpc/threadstore/v1/MetadataPatch.js';
import { type ExpectedVersions, FIRST_VERSION } from '../../versions/version.js';

interface MetadataChange {
  readonly metadata?: MetadataPatch__Output | null;
  readonly no_metadata?: object | null;
}

/** As the merge patch has it: null removes. */
export function metadataPatchOf({ metadata, no_metadata }: MetadataChange): object | null | undefined {
  if (no_metadata) return null;
  return metadata && { ...Object.fromEntries(metadata.remove.map((key) => [key, null])), ...metadata.set };
}

/** What `If-Match` is by HTTP. */
export function expectedVersionsOf(version: number | undefined): ExpectedVersions {
  if (version === undefined) return undefined;
  if (version < FIRST_VERSION) throw integerTooSmall('expected_version', FIRST_VERSION, version);
  return [version];
}
