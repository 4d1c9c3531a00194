import { Controller, Delete, Get, Param, Patch, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiQuery, ApiTags } from '@nestjs/swagger';
import { BetaHeaderGuard } from '../auth/beta-header.guard.js';
import { CurrentTenant } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import {
  integerTooLarge,
  invalidType,
  malformedId,
  outcomeUnknown,
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
import { CreateThreadDto } from './dto/create-thread.dto.js';
import { ListThreadsDto, ListThreadsQueryDto } from './dto/list-threads.dto.js';
import { ModifyThreadDto, PatchThreadDto } from './dto/modify-thread.dto.js';
import { ThreadDeletedDto } from './dto/thread-deleted.dto.js';
import { ThreadDto } from './dto/thread.dto.js';
import type { StoredThread } from './stored-thread.js';
import { ThreadsService } from './threads.service.js';

const OF_ONE_THREAD = [malformedId('thread_id', 'undefined', 'thread'), threadNotFound('thread_abc123')];

const answerOf = ({ json, version }: StoredThread): Answer => new Answer(json, version);

@ApiTags('Threads')
@ApiBearerAuth(PROJECT_KEY)
@UseGuards(BetaHeaderGuard)
@Controller('threads')
export class ThreadsController {
  constructor(private readonly threads: ThreadsService) {}

  @Post()
  @Operation({
    id: 'createThread',
    summary: 'Creates a thread, with its first messages if there are any.',
    body: CreateThreadDto,
    bodyIsOptional: true,
    answer: ThreadDto,
    hasEntityTag: true,
    headers: [IDEMPOTENCY_KEY],
    refusals: [
      unsupportedValue('messages[0].role', 'human', ['user', 'assistant']),
      invalidType('metadata.paid', 'a string', true),
    ],
  })
  @Idempotent()
  async create(@CurrentTenant() tenant: Tenant, @CheckedBody() request: CreateThreadDto): Promise<Answer> {
    return answerOf(await this.threads.create(tenant, request));
  }

  @Get()
  @ApiQuery({ name: 'metadata', required: false, style: 'deepObject', explode: true, example: {} })
  @Operation({
    id: 'listThreads',
    summary: "Lists the project's threads.",
    description: 'An extension: OpenAI had no such operation.',
    answer: ListThreadsDto,
    refusals: [integerTooLarge('limit', 100, 1000), threadNotFound('thread_abc123')],
  })
  async list(@CurrentTenant() tenant: Tenant, @CheckedQuery() query: ListThreadsQueryDto): Promise<Answer> {
    return new Answer(writeList(await this.threads.list(tenant, query)));
  }

  @Get(':thread_id')
  @Operation({
    id: 'getThread',
    summary: 'Retrieves a thread.',
    answer: ThreadDto,
    hasEntityTag: true,
    headers: [IF_NONE_MATCH],
    refusals: OF_ONE_THREAD,
  })
  async get(@CurrentTenant() tenant: Tenant, @Param('thread_id') id: string): Promise<Answer> {
    return answerOf(await this.threads.get(tenant, id));
  }

  @Post(':thread_id')
  @Operation({
    id: 'modifyThread',
    summary: 'Modifies a thread: metadata is merged, a list of a tool is replaced.',
    body: ModifyThreadDto,
    answer: ThreadDto,
    hasEntityTag: true,
    headers: [IDEMPOTENCY_KEY, IF_MATCH],
    refusals: [invalidType('metadata.paid', 'a string', true), tooManyProperties('metadata', 16, 17), ...OF_ONE_THREAD],
  })
  @Idempotent()
  async modify(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') id: string,
    @IfMatch() versions: ExpectedVersions,
    @CheckedBody() request: ModifyThreadDto,
  ): Promise<Answer> {
    return answerOf(await this.threads.modify(tenant, id, versions, request));
  }

  @Patch(':thread_id')
  @Operation({
    id: 'patchThread',
    summary: 'Applies a JSON merge patch to a thread: null removes a key.',
    description: 'An extension: OpenAI had no way to remove a key of metadata.',
    body: PatchThreadDto,
    mediaTypes: [MERGE_PATCH_TYPE, JSON_TYPE],
    answer: ThreadDto,
    hasEntityTag: true,
    headers: [IDEMPOTENCY_KEY, IF_MATCH],
    refusals: [invalidType('metadata.paid', 'a string', true), tooManyProperties('metadata', 16, 17), ...OF_ONE_THREAD],
  })
  @Idempotent()
  async patch(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') id: string,
    @IfMatch() versions: ExpectedVersions,
    @CheckedBody() request: PatchThreadDto,
  ): Promise<Answer> {
    return answerOf(await this.threads.patch(tenant, id, versions, request));
  }

  @Delete(':thread_id')
  @Operation({
    id: 'deleteThread',
    summary: 'Deletes a thread and its messages.',
    answer: ThreadDeletedDto,
    headers: [IF_MATCH],
    refusals: [...OF_ONE_THREAD, outcomeUnknown()],
  })
  async delete(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') id: string,
    @IfMatch() versions: ExpectedVersions,
  ): Promise<ThreadDeletedDto> {
    await this.threads.delete(tenant, id, versions);
    return ThreadDeletedDto.from(id);
  }
}
