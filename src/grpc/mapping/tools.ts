import type { NewFileSearch__Output } from '../../generated/grpc/threadstore/v1/NewFileSearch.js';
import type { NewToolResources__Output } from '../../generated/grpc/threadstore/v1/NewToolResources.js';
import type { NewVectorStore__Output } from '../../generated/grpc/threadstore/v1/NewVectorStore.js';
import type { ToolResources as ToolResourcesMessage } from '../../generated/grpc/threadstore/v1/ToolResources.js';
import type { ToolResourcesPatch__Output } from '../../generated/grpc/threadstore/v1/ToolResourcesPatch.js';
import type { ToolResources } from '../../threads/tool-resources.js';

export const toolsMessage = ({ code_interpreter, file_search }: ToolResources): ToolResourcesMessage => ({
  ...(code_interpreter && { code_interpreter: { file_ids: [...code_interpreter.file_ids] } }),
  ...(file_search && { file_search: { vector_store_ids: [...file_search.vector_store_ids] } }),
});

export const newToolsOf = (tools: NewToolResources__Output | null): object | undefined =>
  tools
    ? { code_interpreter: tools.code_interpreter ?? undefined, file_search: newFileSearchOf(tools.file_search) }
    : undefined;

/** A list of protobuf is never absent: an empty one says nothing. */
const unlessEmpty = <Item>(list: Item[]): Item[] | undefined => (list.length > 0 ? list : undefined);

const newFileSearchOf = (search: NewFileSearch__Output | null): object | undefined =>
  search
    ? {
        vector_store_ids: unlessEmpty(search.vector_store_ids),
        vector_stores: unlessEmpty(search.vector_stores.map(vectorStoreOf)),
      }
    : undefined;

function vectorStoreOf({ file_ids, chunking_strategy, static: sizes, metadata }: NewVectorStore__Output): object {
  switch (chunking_strategy) {
    case 'auto':
      return { file_ids, metadata, chunking_strategy: { type: 'auto' } };
    case 'static':
      return { file_ids, metadata, chunking_strategy: { type: 'static', static: chunkSizesOf(sizes) } };
    case undefined:
      return { file_ids, metadata };
  }
}

const chunkSizesOf = (sizes: NewVectorStore__Output['static']): object => ({
  max_chunk_size_tokens: sizes?.max_chunk_size_tokens,
  chunk_overlap_tokens: sizes?.chunk_overlap_tokens,
});

interface ToolsChange {
  readonly tool_resources?: ToolResourcesPatch__Output | null;
  readonly no_tool_resources?: object | null;
}

/** As the merge patch has it: null takes away. */
export function toolsPatchOf({ tool_resources, no_tool_resources }: ToolsChange): object | null | undefined {
  if (no_tool_resources) return null;
  if (!tool_resources) return undefined;
  const { code_interpreter, no_code_interpreter, file_search, no_file_search } = tool_resources;
  return {
    code_interpreter: no_code_interpreter ? null : (code_interpreter ?? undefined),
    file_search: no_file_search ? null : (file_search ?? undefined),
  };
}
