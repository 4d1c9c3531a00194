import { type NewVectorStore, newVectorStore, type VectorStoreInput } from '../vector-stores/vector-store.js';

/** What a thread's tools may use, in the API's own form: it is stored as sent. */
export interface ToolResources {
  readonly code_interpreter?: { readonly file_ids: readonly string[] };
  readonly file_search?: { readonly vector_store_ids: readonly string[] };
}

export interface ToolResourcesInput {
  readonly code_interpreter?: { readonly file_ids?: readonly string[] };
  readonly file_search?: {
    readonly vector_store_ids?: readonly string[];
    readonly vector_stores?: readonly VectorStoreInput[];
  };
}

/** The tools to set, each as a whole, and the tools to take away. */
export interface ToolResourcesChange {
  readonly remove: readonly (keyof ToolResources)[];
  readonly set: ToolResources;
}

/** The resources of a new thread, and the vector stores that are to be made with it. */
export function newToolResources(input: ToolResourcesInput | null | undefined): {
  readonly toolResources: ToolResources;
  readonly vectorStores: readonly NewVectorStore[];
} {
  const { code_interpreter, file_search } = input ?? {};
  const vectorStores = (file_search?.vector_stores ?? []).map(newVectorStore);
  const storeIds = file_search?.vector_store_ids ?? vectorStores.map(({ id }) => id);
  return {
    toolResources: {
      ...(code_interpreter && { code_interpreter: { file_ids: code_interpreter.file_ids ?? [] } }),
      ...(file_search && { file_search: { vector_store_ids: storeIds } }),
    },
    vectorStores,
  };
}

interface ToolResourcesPatch {
  readonly code_interpreter?: { readonly file_ids?: readonly string[] } | null;
  readonly file_search?: { readonly vector_store_ids?: readonly string[] } | null;
}

/** POST: a list that is sent replaces the list of its tool; null and nothing change nothing. */
export function replacementOf(input: ToolResourcesPatch | null | undefined): ToolResourcesChange {
  const file_ids = input?.code_interpreter?.file_ids;
  const vector_store_ids = input?.file_search?.vector_store_ids;
  return {
    remove: [],
    set: {
      ...(file_ids && { code_interpreter: { file_ids } }),
      ...(vector_store_ids && { file_search: { vector_store_ids } }),
    },
  };
}

/** PATCH, a JSON merge patch (RFC 7396): null takes a tool away, and null for the whole takes all. */
export function patchOf(input: ToolResourcesPatch | null | undefined): ToolResourcesChange {
  const remove = (['code_interpreter', 'file_search'] as const).filter(
    (tool) => input === null || input?.[tool] === null,
  );
  return { ...replacementOf(input), remove };
}
