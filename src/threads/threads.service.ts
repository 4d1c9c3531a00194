import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { preconditionFailed, stringTooLong, threadNotFound, tooManyProperties } from '../errors/catalogue.js';
import { requireThreadId } from '../ids/id.js';
import { fromJson } from '../json/json.js';
import { MAX_CONTENT, sizeOf } from '../messages/message-content.js';
import { newMessage, type NewMessage } from '../messages/message.js';
import { type MetadataChange, mergeOf, patchOf as metadataPatchOf, sizeAfter } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import { type ExpectedVersions, isExpected } from '../versions/version.js';
import type { CreateThreadDto } from './dto/create-thread.dto.js';
import { type ListThreadsQueryDto, threadFilterOf } from './dto/list-threads.dto.js';
import type { ModifyThreadDto, PatchThreadDto } from './dto/modify-thread.dto.js';
import { type StoredThread, storedThread } from './stored-thread.js';
import { newThreadId, type ThreadPosition } from './thread.js';
import { ThreadsRepository } from './threads.repository.js';
import {
  newToolResources,
  patchOf as toolsPatchOf,
  replacementOf,
  type ToolResourcesChange,
} from './tool-resources.js';

@Injectable()
export class ThreadsService {
  constructor(private readonly threads: ThreadsRepository) {}

  async create(tenant: Tenant, request: CreateThreadDto): Promise<StoredThread> {
    const createdAt = new Date();
    const { toolResources, vectorStores } = newToolResources(request.tool_resources);
    const messages = (request.messages ?? []).map((message) => newMessage(message, createdAt));
    requireSize(messages);
    const thread = { id: newThreadId(createdAt), createdAt, metadata: request.metadata ?? {}, toolResources };
    await this.threads.insert(tenant, thread, messages, vectorStores);
    return storedThread(thread);
  }

  async get(tenant: Tenant, id: string): Promise<StoredThread> {
    requireThreadId(id);
    const thread = await this.threads.find(tenant, id);
    if (!thread) throw threadNotFound(id);
    return thread;
  }

  async list(tenant: Tenant, query: ListThreadsQueryDto): Promise<Page<StoredThread>> {
    const request = pageRequestOf(query);
    const after = await this.cursor(tenant, request.after);
    const before = await this.cursor(tenant, request.before);
    return this.threads.page(tenant, threadFilterOf(query), request, after, before);
  }

  async modify(
    tenant: Tenant,
    id: string,
    versions: ExpectedVersions,
    request: ModifyThreadDto,
  ): Promise<StoredThread> {
    return this.change(tenant, id, versions, mergeOf(request.metadata), replacementOf(request.tool_resources));
  }

  async patch(tenant: Tenant, id: string, versions: ExpectedVersions, request: PatchThreadDto): Promise<StoredThread> {
    return this.change(tenant, id, versions, metadataPatchOf(request.metadata), toolsPatchOf(request.tool_resources));
  }

  async delete(tenant: Tenant, id: string, versions: ExpectedVersions): Promise<void> {
    requireThreadId(id);
    if (await this.threads.delete(tenant, id, versions)) return;
    if (versions && (await this.threads.find(tenant, id))) throw preconditionFailed();
    throw threadNotFound(id);
  }

  private async change(
    tenant: Tenant,
    id: string,
    versions: ExpectedVersions,
    metadata: MetadataChange,
    tools: ToolResourcesChange,
  ): Promise<StoredThread> {
    requireThreadId(id);
    const changed = await this.threads.change(tenant, id, versions, metadata, tools);
    if (changed) return changed;
    const thread = await this.get(tenant, id);
    if (!isExpected(thread.version, versions)) throw preconditionFailed();
    const pairs = sizeAfter(fromJson(thread.json).metadata, metadata);
    if (pairs > MAX_METADATA_PAIRS) throw tooManyProperties('metadata', MAX_METADATA_PAIRS, pairs);
    // Keys were removed in between.
    return this.change(tenant, id, versions, metadata, tools);
  }

  private async cursor(tenant: Tenant, id: string | undefined): Promise<ThreadPosition | undefined> {
    if (id === undefined) return undefined;
    const position = await this.threads.position(tenant, id);
    if (!position) throw threadNotFound(id);
    return position;
  }
}

/** What comes by itself is held to this by the limit of its body. */
function requireSize(messages: readonly NewMessage[]): void {
  for (const [index, { content }] of messages.entries()) {
    const size = sizeOf(content);
    if (size > MAX_CONTENT) throw stringTooLong(`messages[${index}].content`, MAX_CONTENT, size);
  }
}
