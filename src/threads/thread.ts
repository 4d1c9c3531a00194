import { newId } from '../ids/id.js';
import type { Metadata } from '../metadata/metadata.js';
import type { ToolResources } from './tool-resources.js';

export interface NewThread {
  readonly id: string;
  readonly createdAt: Date;
  readonly metadata: Metadata;
  readonly toolResources: ToolResources;
}

/** The place of a thread in its project's list: by creation, in Unix seconds and parts of them, equal times by id. */
export interface ThreadPosition {
  readonly createdAt: number;
  readonly id: string;
}

/** What a list of threads is narrowed to. Times are exclusive and compared as the API shows them, in whole seconds. */
export interface ThreadFilter {
  readonly metadata?: Metadata;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
}

export const newThreadId = (now: Date): string => newId('thread_', now);
