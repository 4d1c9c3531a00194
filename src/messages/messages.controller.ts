import { Controller, Delete, Get, Param, Patch, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { BetaHeaderGuard } from '../auth/beta-header.guard.js';
import { CurrentTenant } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import {
  emptyContent,
  integerTooLarge,
  invalidType,
  malformedId,
  messageNotFound,
  missingParameter,
  outcomeUnknown,
  stringTooLong,
  threadNotFound,
  tooManyProperties,
  unsupportedValue,
} from '../errors/catalogue.js';
import { Answer } from '../http/answer.js';
import { JSON_TYPE, MERGE_PATCH_TYPE } from '../http/body.js';
import { CheckedBody, CheckedQuery } from '../http/request.pipe.js';
import { Idempotent } from '../idempotency/idempotent.decorator.js';
import { PROJECT_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH } from '../openapi/request-headers.js';
import { writeList } from '../pagination/list.dto.js';
import { IfMatch } from '../versions/if-match.decorator.js';
import type { ExpectedVersions } from '../versions/version.js';
import { MAX_TEXT } from './dto/content-part.dto.js';
import { CreateMessageDto } from './dto/create-message.dto.js';
import { ListMessagesDto, ListMessagesQueryDto } from './dto/list-messages.dto.js';
import { MessageDeletedDto } from './dto/message-deleted.dto.js';
import { MessageDto } from './dto/message.dto.js';
import { ModifyMessageDto, PatchMessageDto } from './dto/modify-message.dto.js';
import { MessagesService } from './messages.service.js';
import type { StoredMessage } from './stored-message.js';

const OF_ONE_THREAD = [malformedId('thread_id', 'undefined', 'thread'), threadNotFound('thread_abc123')];
const OF_ONE_MESSAGE = [...OF_ONE_THREAD, messageNotFound('msg_abc123')];
const OF_METADATA = [invalidType('metadata.paid', 'a string', true), tooManyProperties('metadata', 16, 17)];

const answerOf = ({ json, version }: StoredMessage): Answer => new Answer(json, version);

@ApiTags('Messages')
@ApiBearerAuth(PROJECT_KEY)
@UseGuards(BetaHeaderGuard)
@Controller('threads/:thread_id/messages')
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Post()
  @Operation({
    id: 'createMessage',
    summary: 'Adds a message to the end of a thread.',
    body: CreateMessageDto,
    answer: MessageDto,
    hasEntityTag: true,
    headers: [IDEMPOTENCY_KEY],
    refusals: [
      missingParameter('attachments[0].tools'),
      unsupportedValue('role', 'human', ['user', 'assistant']),
      emptyContent('content'),
      stringTooLong('content', MAX_TEXT, 256_001),
      ...OF_ONE_THREAD,
    ],
  })
  @Idempotent()
  async create(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') threadId: string,
    @CheckedBody() request: CreateMessageDto,
  ): Promise<Answer> {
    return answerOf(await this.messages.create(tenant, threadId, request));
  }

  @Get()
  @Operation({
    id: 'listMessages',
    summary: 'Lists the messages of a thread, in the order in which they were added.',
    answer: ListMessagesDto,
    refusals: [
      integerTooLarge('limit', 100, 1000),
      unsupportedValue('order', 'up', ['asc', 'desc']),
      ...OF_ONE_MESSAGE,
    ],
  })
  async list(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') threadId: string,
    @CheckedQuery() query: ListMessagesQueryDto,
  ): Promise<Answer> {
    return new Answer(writeList(await this.messages.list(tenant, threadId, query)));
  }

  @Get(':message_id')
  @Operation({
    id: 'getMessage',
    summary: 'Retrieves a message.',
    answer: MessageDto,
    hasEntityTag: true,
    headers: [IF_NONE_MATCH],
    refusals: OF_ONE_MESSAGE,
  })
  async get(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') threadId: string,
    @Param('message_id') id: string,
  ): Promise<Answer> {
    return answerOf(await this.messages.get(tenant, threadId, id));
  }

  @Post(':message_id')
  @Operation({
    id: 'modifyMessage',
    summary: 'Modifies a message: metadata is merged.',
    body: ModifyMessageDto,
    answer: MessageDto,
    hasEntityTag: true,
    headers: [IDEMPOTENCY_KEY, IF_MATCH],
    refusals: [...OF_METADATA, ...OF_ONE_MESSAGE],
  })
  @Idempotent()
  async modify(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') threadId: string,
    @Param('message_id') id: string,
    @IfMatch() versions: ExpectedVersions,
    @CheckedBody() request: ModifyMessageDto,
  ): Promise<Answer> {
    return answerOf(await this.messages.modify(tenant, threadId, id, versions, request));
  }

  @Patch(':message_id')
  @Operation({
    id: 'patchMessage',
    summary: 'Applies a JSON merge patch to a message: null removes a key.',
    description: 'An extension: OpenAI had no way to remove a key of metadata.',
    body: PatchMessageDto,
    mediaTypes: [MERGE_PATCH_TYPE, JSON_TYPE],
    answer: MessageDto,
    hasEntityTag: true,
    headers: [IDEMPOTENCY_KEY, IF_MATCH],
    refusals: [...OF_METADATA, ...OF_ONE_MESSAGE],
  })
  @Idempotent()
  async patch(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') threadId: string,
    @Param('message_id') id: string,
    @IfMatch() versions: ExpectedVersions,
    @CheckedBody() request: PatchMessageDto,
  ): Promise<Answer> {
    return answerOf(await this.messages.patch(tenant, threadId, id, versions, request));
  }

  @Delete(':message_id')
  @Operation({
    id: 'deleteMessage',
    summary: 'Deletes a message.',
    answer: MessageDeletedDto,
    headers: [IF_MATCH],
    refusals: [...OF_ONE_MESSAGE, outcomeUnknown()],
  })
  async delete(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') threadId: string,
    @Param('message_id') id: string,
    @IfMatch() versions: ExpectedVersions,
  ): Promise<MessageDeletedDto> {
    await this.messages.delete(tenant, threadId, id, versions);
    return MessageDeletedDto.from(id);
  }
}
