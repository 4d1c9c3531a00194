import type { CreateThreadRequest__Output } from '../../generated/grpc/threadstore/v1/CreateThreadRequest.js';
import type { ListThreadsRequest__Output } from '../../generated/grpc/threadstore/v1/ListThreadsRequest.js';
import type { ListThreadsResponse } from '../../generated/grpc/threadstore/v1/ListThreadsResponse.js';
import type { ModifyThreadRequest__Output } from '../../generated/grpc/threadstore/v1/ModifyThreadRequest.js';
import type { Thread as ThreadMessage } from '../../generated/grpc/threadstore/v1/Thread.js';
import { fromJson } from '../../json/json.js';
import type { Page } from '../../pagination/page.js';
import { CreateThreadDto } from '../../threads/dto/create-thread.dto.js';
import { ListThreadsQueryDto } from '../../threads/dto/list-threads.dto.js';
import { PatchThreadDto } from '../../threads/dto/modify-thread.dto.js';
import type { StoredThread } from '../../threads/stored-thread.js';
import { checkedBody, checkedQuery } from '../checked.js';
import { expectedVersionsOf, metadataPatchOf } from './changes.js';
import { newMessageBody } from './messages.js';
import { pageQueryOf } from './pages.js';
import { earlierThan, laterThan, timestampOf } from './times.js';
import { newToolsOf, toolsMessage, toolsPatchOf } from './tools.js';

export const createThreadOf = ({ messages, tool_resources, metadata }: CreateThreadRequest__Output): CreateThreadDto =>
  checkedBody(CreateThreadDto, {
    messages: messages.map(newMessageBody),
    tool_resources: newToolsOf(tool_resources),
    metadata,
  });

/** A filter without pairs is none. */
const filterOf = (metadata: Readonly<Record<string, string>>): object | undefined =>
  Object.keys(metadata).length > 0 ? metadata : undefined;

export const listThreadsOf = (request: ListThreadsRequest__Output): ListThreadsQueryDto =>
  checkedQuery(ListThreadsQueryDto, {
    ...pageQueryOf(request),
    metadata: filterOf(request.metadata),
    created_after: laterThan(request.created_after),
    created_before: earlierThan(request.created_before),
  });

export const modifyThreadOf = (request: ModifyThreadRequest__Output) => ({
  id: request.thread_id,
  versions: expectedVersionsOf(request.expected_version),
  change: checkedBody(PatchThreadDto, { tool_resources: toolsPatchOf(request), metadata: metadataPatchOf(request) }),
});

interface ThreadId {
  readonly thread_id: string;
}

export const threadIdOf = ({ thread_id }: ThreadId): string => thread_id;

export const deleteThreadOf = (request: ThreadId & { readonly expected_version?: number }) => ({
  id: request.thread_id,
  versions: expectedVersionsOf(request.expected_version),
});

export function threadMessage({ json, version }: StoredThread): ThreadMessage {
  const { id, created_at, metadata, tool_resources } = fromJson(json);
  return { id, created_at: timestampOf(created_at), metadata, tool_resources: toolsMessage(tool_resources), version };
}

export const threadsMessage = ({ items, hasMore }: Page<StoredThread>): ListThreadsResponse => ({
  threads: items.map(threadMessage),
  has_more: hasMore,
});
