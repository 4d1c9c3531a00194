import { newId } from '../ids/id.js';
import { type Json, toJson } from '../json/json.js';
import type { Metadata } from '../metadata/metadata.js';
import { unixSeconds } from '../openapi/unix-time.js';
import { FIRST_VERSION } from '../versions/version.js';
import type { ToolResources } from './tool-resources.js';

export interface NewThread {
  readonly id: string;
  readonly createdAt: Date;
  readonly metadata: Metadata;
  readonly toolResources: ToolResources;
}

/** A thread as it is stored. */
export interface Thread {
  readonly id: string;
  /** In Unix seconds. */
  readonly createdAt: number;
  readonly metadata: Json<Metadata>;
  readonly toolResources: Json<ToolResources>;
  readonly version: number;
}

/** The place of a thread in its project's list: by creation, equal times by id. */
export interface ThreadPosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** What a list of threads is narrowed to. Times are exclusive and compared as the API shows them, in whole seconds. */
export interface ThreadFilter {
  readonly metadata?: Metadata;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
}

export const newThreadId = (now: Date): string => newId('thread_', now);

/** What a thread becomes when it is stored. */
export const storedThread = ({ id, createdAt, metadata, toolResources }: NewThread): Thread => ({
  id,
  createdAt: unixSeconds(createdAt),
  metadata: toJson(metadata),
  toolResources: toJson(toolResources),
  version: FIRST_VERSION,
});
