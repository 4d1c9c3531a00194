import { Controller } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import type { DeleteMessageResponse } from '../generated/grpc/threadstore/v1/DeleteMessageResponse.js';
import type { ListMessagesResponse } from '../generated/grpc/threadstore/v1/ListMessagesResponse.js';
import type { Message } from '../generated/grpc/threadstore/v1/Message.js';
import { MessagesService } from '../messages/messages.service.js';
import {
  createMessageOf,
  deleteMessageOf,
  listMessagesOf,
  messageIdOf,
  messageMessage,
  messagesMessage,
  modifyMessageOf,
} from './mapping/messages.js';
import { Unary } from './unary.decorator.js';

const service = 'Messages';

@Controller()
export class GrpcMessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Unary({ service, method: 'CreateMessage', read: createMessageOf, isKeyed: true })
  async create(tenant: Tenant, { threadId, message }: ReturnType<typeof createMessageOf>): Promise<Message> {
    return messageMessage(await this.messages.create(tenant, threadId, message));
  }

  @Unary({ service, method: 'GetMessage', read: messageIdOf })
  async get(tenant: Tenant, { threadId, id }: ReturnType<typeof messageIdOf>): Promise<Message> {
    return messageMessage(await this.messages.get(tenant, threadId, id));
  }

  @Unary({ service, method: 'ListMessages', read: listMessagesOf })
  async list(tenant: Tenant, { threadId, query }: ReturnType<typeof listMessagesOf>): Promise<ListMessagesResponse> {
    return messagesMessage(await this.messages.list(tenant, threadId, query));
  }

  @Unary({ service, method: 'ModifyMessage', read: modifyMessageOf, isKeyed: true })
  async modify(tenant: Tenant, request: ReturnType<typeof modifyMessageOf>): Promise<Message> {
    const { threadId, id, versions, change } = request;
    return messageMessage(await this.messages.patch(tenant, threadId, id, versions, change));
  }

  @Unary({ service, method: 'DeleteMessage', read: deleteMessageOf })
  async delete(tenant: Tenant, request: ReturnType<typeof deleteMessageOf>): Promise<DeleteMessageResponse> {
    const { threadId, id, versions } = request;
    await this.messages.delete(tenant, threadId, id, versions);
    return { id };
  }
}
