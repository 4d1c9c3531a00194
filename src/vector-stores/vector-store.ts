import { newVectorStoreId } from '../ids/id.js';
import type { Metadata } from '../metadata/metadata.js';

/** How files would be cut for a search, in the API's own form: it is stored as sent. */
export type ChunkingStrategy =
  | { readonly type: 'auto' }
  | {
      readonly type: 'static';
      readonly static: { readonly max_chunk_size_tokens: number; readonly chunk_overlap_tokens: number };
    };

export interface NewVectorStore {
  readonly id: string;
  readonly fileIds: readonly string[];
  readonly chunkingStrategy: ChunkingStrategy;
  readonly metadata: Metadata;
}

/** A record of what a thread was to search in. Its files are references: nothing is fetched or indexed. */
export interface VectorStore {
  readonly id: string;
  readonly createdAt: Date;
  readonly fileCount: number;
  readonly metadata: Metadata;
}

export interface VectorStoreInput {
  readonly file_ids?: readonly string[];
  readonly chunking_strategy?: ChunkingStrategy;
  readonly metadata?: Metadata | null;
}

export const newVectorStore = (input: VectorStoreInput): NewVectorStore => ({
  id: newVectorStoreId(),
  fileIds: input.file_ids ?? [],
  chunkingStrategy: input.chunking_strategy ?? { type: 'auto' },
  metadata: input.metadata ?? {},
});
