import { Injectable } from '@nestjs/common';
import { threadNotFound, tooManyProperties } from '../errors/catalogue.js';
import { requireThreadId } from '../ids/id.js';
import { newMessage } from '../messages/message.js';
import { type MetadataChange, mergeOf, patchOf as metadataPatchOf, sizeAfter } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import type { CreateThreadDto } from './dto/create-thread.dto.js';
import { type ListThreadsQueryDto, threadFilterOf } from './dto/list-threads.dto.js';
import type { ModifyThreadDto, PatchThreadDto } from './dto/modify-thread.dto.js';
import { newThreadId, type Thread, type ThreadPosition } from './thread.js';
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

  async create(projectId: string, request: CreateThreadDto): Promise<Thread> {
    const createdAt = new Date();
    const { toolResources, vectorStores } = newToolResources(request.tool_resources);
    const messages = (request.messages ?? []).map((message) => newMessage(message, createdAt));
    const thread = { id: newThreadId(createdAt), createdAt, metadata: request.metadata ?? {}, toolResources };
    await this.threads.insert(projectId, thread, messages, vectorStores);
    return thread;
  }

  async get(projectId: string, id: string): Promise<Thread> {
    requireThreadId(id);
    const thread = await this.threads.find(projectId, id);
    if (!thread) throw threadNotFound(id);
    return thread;
  }

  async list(projectId: string, query: ListThreadsQueryDto): Promise<Page<Thread>> {
    const request = pageRequestOf(query);
    const after = await this.cursor(projectId, request.after);
    const before = await this.cursor(projectId, request.before);
    return this.threads.page(projectId, threadFilterOf(query), request, after, before);
  }

  async modify(projectId: string, id: string, request: ModifyThreadDto): Promise<Thread> {
    return this.change(projectId, id, mergeOf(request.metadata), replacementOf(request.tool_resources));
  }

  async patch(projectId: string, id: string, request: PatchThreadDto): Promise<Thread> {
    return this.change(projectId, id, metadataPatchOf(request.metadata), toolsPatchOf(request.tool_resources));
  }

  async delete(projectId: string, id: string): Promise<void> {
    requireThreadId(id);
    if (!(await this.threads.delete(projectId, id))) throw threadNotFound(id);
  }

  private async change(
    projectId: string,
    id: string,
    metadata: MetadataChange,
    tools: ToolResourcesChange,
  ): Promise<Thread> {
    requireThreadId(id);
    const changed = await this.threads.change(projectId, id, metadata, tools);
    if (changed) return changed;
    const thread = await this.get(projectId, id);
    const pairs = sizeAfter(thread.metadata, metadata);
    if (pairs > MAX_METADATA_PAIRS) throw tooManyProperties('metadata', MAX_METADATA_PAIRS, pairs);
    // Keys were removed in between.
    return this.change(projectId, id, metadata, tools);
  }

  private async cursor(projectId: string, id: string | undefined): Promise<ThreadPosition | undefined> {
    if (id === undefined) return undefined;
    const position = await this.threads.position(projectId, id);
    if (!position) throw threadNotFound(id);
    return position;
  }
}
