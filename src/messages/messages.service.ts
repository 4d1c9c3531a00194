import { Injectable } from '@nestjs/common';
import { messageNotFound, threadNotFound, tooManyProperties } from '../errors/catalogue.js';
import { requireMessageId, requireThreadId } from '../ids/id.js';
import { type MetadataChange, mergeOf, patchOf, sizeAfter } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import type { CreateMessageDto } from './dto/create-message.dto.js';
import type { ListMessagesQueryDto } from './dto/list-messages.dto.js';
import type { ModifyMessageDto, PatchMessageDto } from './dto/modify-message.dto.js';
import { type Message, newMessage } from './message.js';
import { MessagesRepository } from './messages.repository.js';

const NO_MESSAGES: Page<Message> = { items: [], hasMore: false };

@Injectable()
export class MessagesService {
  constructor(private readonly messages: MessagesRepository) {}

  async create(projectId: string, threadId: string, request: CreateMessageDto): Promise<Message> {
    requireThreadId(threadId);
    const now = new Date();
    const message = await this.messages.append(projectId, threadId, newMessage(request, now), now);
    if (!message) throw threadNotFound(threadId);
    return message;
  }

  async get(projectId: string, threadId: string, id: string): Promise<Message> {
    requireThreadId(threadId);
    requireMessageId(id);
    const message = await this.messages.find(projectId, threadId, id);
    if (!message) throw await this.missing(projectId, threadId, id);
    return message;
  }

  async list(projectId: string, threadId: string, query: ListMessagesQueryDto): Promise<Page<Message>> {
    requireThreadId(threadId);
    const request = pageRequestOf(query);
    const after = await this.cursor(projectId, threadId, request.after);
    const before = await this.cursor(projectId, threadId, request.before);
    const page = await this.messages.page(projectId, threadId, request, after, before);
    if (!page) throw threadNotFound(threadId);
    // Messages that are made through the API belong to no run, so a run has none.
    return query.run_id ? NO_MESSAGES : page;
  }

  async modify(projectId: string, threadId: string, id: string, request: ModifyMessageDto): Promise<Message> {
    return this.change(projectId, threadId, id, mergeOf(request.metadata));
  }

  async patch(projectId: string, threadId: string, id: string, request: PatchMessageDto): Promise<Message> {
    return this.change(projectId, threadId, id, patchOf(request.metadata));
  }

  async delete(projectId: string, threadId: string, id: string): Promise<void> {
    requireThreadId(threadId);
    requireMessageId(id);
    if (!(await this.messages.delete(projectId, threadId, id))) throw await this.missing(projectId, threadId, id);
  }

  private async change(projectId: string, threadId: string, id: string, change: MetadataChange): Promise<Message> {
    requireThreadId(threadId);
    requireMessageId(id);
    const changed = await this.messages.changeMetadata(projectId, threadId, id, change);
    if (changed) return changed;
    const message = await this.get(projectId, threadId, id);
    const pairs = sizeAfter(message.metadata, change);
    if (pairs > MAX_METADATA_PAIRS) throw tooManyProperties('metadata', MAX_METADATA_PAIRS, pairs);
    // Keys were removed in between.
    return this.change(projectId, threadId, id, change);
  }

  private async cursor(projectId: string, threadId: string, id: string | undefined): Promise<number | undefined> {
    if (id === undefined) return undefined;
    const position = await this.messages.position(projectId, threadId, id);
    if (position === null) throw await this.missing(projectId, threadId, id);
    return position;
  }

  /** Says which of the two is not there. */
  private async missing(projectId: string, threadId: string, id: string): Promise<Error> {
    return (await this.messages.hasThread(projectId, threadId)) ? messageNotFound(id) : threadNotFound(threadId);
  }
}
