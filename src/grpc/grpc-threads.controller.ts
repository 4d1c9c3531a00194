import { Controller } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { type EventsRequest, EventsService } from '../events/events.service.js';
import type { DeleteThreadResponse } from '../generated/grpc/threadstore/v1/DeleteThreadResponse.js';
import type { Event } from '../generated/grpc/threadstore/v1/Event.js';
import type { ListThreadsResponse } from '../generated/grpc/threadstore/v1/ListThreadsResponse.js';
import type { Thread } from '../generated/grpc/threadstore/v1/Thread.js';
import type { CreateThreadDto } from '../threads/dto/create-thread.dto.js';
import type { ListThreadsQueryDto } from '../threads/dto/list-threads.dto.js';
import { ThreadsService } from '../threads/threads.service.js';
import { eventMessages, watchOf } from './mapping/events.js';
import {
  createThreadOf,
  deleteThreadOf,
  listThreadsOf,
  modifyThreadOf,
  threadIdOf,
  threadMessage,
  threadsMessage,
} from './mapping/threads.js';
import { Streaming } from './streaming.decorator.js';
import { Unary } from './unary.decorator.js';

const service = 'Threads';

@Controller()
export class GrpcThreadsController {
  constructor(
    private readonly threads: ThreadsService,
    private readonly events: EventsService,
  ) {}

  @Unary({ service, method: 'CreateThread', read: createThreadOf, isKeyed: true })
  async create(tenant: Tenant, request: CreateThreadDto): Promise<Thread> {
    return threadMessage(await this.threads.create(tenant, request));
  }

  @Unary({ service, method: 'GetThread', read: threadIdOf })
  async get(tenant: Tenant, id: string): Promise<Thread> {
    return threadMessage(await this.threads.get(tenant, id));
  }

  @Unary({ service, method: 'ListThreads', read: listThreadsOf })
  async list(tenant: Tenant, query: ListThreadsQueryDto): Promise<ListThreadsResponse> {
    return threadsMessage(await this.threads.list(tenant, query));
  }

  @Unary({ service, method: 'ModifyThread', read: modifyThreadOf, isKeyed: true })
  async modify(tenant: Tenant, { id, versions, change }: ReturnType<typeof modifyThreadOf>): Promise<Thread> {
    return threadMessage(await this.threads.patch(tenant, id, versions, change));
  }

  @Unary({ service, method: 'DeleteThread', read: deleteThreadOf })
  async delete(tenant: Tenant, { id, versions }: ReturnType<typeof deleteThreadOf>): Promise<DeleteThreadResponse> {
    await this.threads.delete(tenant, id, versions);
    return { id };
  }

  @Streaming({ service, method: 'Watch', read: watchOf })
  async watch(tenant: Tenant, request: EventsRequest, signal: AbortSignal): Promise<AsyncIterable<Event>> {
    return eventMessages(await this.events.stream(tenant, request, signal));
  }
}
