import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { messageNotFound, preconditionFailed, threadNotFound, tooManyProperties } from '../errors/catalogue.js';
import { requireMessageId, requireThreadId } from '../ids/id.js';
import { fromJson } from '../json/json.js';
import { type MetadataChange, mergeOf, patchOf, sizeAfter } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import { type ExpectedVersions, isExpected } from '../versions/version.js';
import type { CreateMessageDto } from './dto/create-message.dto.js';
import type { ListMessagesQueryDto } from './dto/list-messages.dto.js';
import type { ModifyMessageDto, PatchMessageDto } from './dto/modify-message.dto.js';
import { newMessage } from './message.js';
import { MessagesRepository } from './messages.repository.js';
import type { StoredMessage } from './stored-message.js';

const NO_MESSAGES: Page<StoredMessage> = { items: [], hasMore: false };

@Injectable()
export class MessagesService {
  constructor(private readonly messages: MessagesRepository) {}

  async create(tenant: Tenant, threadId: string, request: CreateMessageDto): Promise<StoredMessage> {
    requireThreadId(threadId);
    const now = new Date();
    const message = await this.messages.append(tenant, threadId, newMessage(request, now), now);
    if (!message) throw threadNotFound(threadId);
    return message;
  }

  async get(tenant: Tenant, threadId: string, id: string): Promise<StoredMessage> {
    requireThreadId(threadId);
    requireMessageId(id);
    const message = await this.messages.find(tenant, threadId, id);
    if (!message) throw await this.missing(tenant, threadId, id);
    return message;
  }

  async list(tenant: Tenant, threadId: string, query: ListMessagesQueryDto): Promise<Page<StoredMessage>> {
    requireThreadId(threadId);
    const page = await this.messages.page(tenant, threadId, pageRequestOf(query));
    if (!page) throw threadNotFound(threadId);
    if ('missing' in page) throw messageNotFound(page.missing);
    // Messages that are made through the API belong to no run, so a run has none.
    return query.run_id ? NO_MESSAGES : page;
  }

  async modify(
    tenant: Tenant,
    threadId: string,
    id: string,
    versions: ExpectedVersions,
    request: ModifyMessageDto,
  ): Promise<StoredMessage> {
    return this.change(tenant, threadId, id, versions, mergeOf(request.metadata));
  }

  async patch(
    tenant: Tenant,
    threadId: string,
    id: string,
    versions: ExpectedVersions,
    request: PatchMessageDto,
  ): Promise<StoredMessage> {
    return this.change(tenant, threadId, id, versions, patchOf(request.metadata));
  }

  async delete(tenant: Tenant, threadId: string, id: string, versions: ExpectedVersions): Promise<void> {
    requireThreadId(threadId);
    requireMessageId(id);
    if (await this.messages.delete(tenant, threadId, id, versions)) return;
    if (versions && (await this.messages.find(tenant, threadId, id))) throw preconditionFailed();
    throw await this.missing(tenant, threadId, id);
  }

  private async change(
    tenant: Tenant,
    threadId: string,
    id: string,
    versions: ExpectedVersions,
    change: MetadataChange,
  ): Promise<StoredMessage> {
    requireThreadId(threadId);
    requireMessageId(id);
    const changed = await this.messages.changeMetadata(tenant, threadId, id, versions, change);
    if (changed) return changed;
    const message = await this.get(tenant, threadId, id);
    if (!isExpected(message.version, versions)) throw preconditionFailed();
    const pairs = sizeAfter(fromJson(message.json).metadata, change);
    if (pairs > MAX_METADATA_PAIRS) throw tooManyProperties('metadata', MAX_METADATA_PAIRS, pairs);
    // Keys were removed in between.
    return this.change(tenant, threadId, id, versions, change);
  }

  /** Says which of the two is not there. */
  private async missing(tenant: Tenant, threadId: string, id: string): Promise<Error> {
    return (await this.messages.hasThread(tenant, threadId)) ? messageNotFound(id) : threadNotFound(threadId);
  }
}
