import type { Attachment as AttachmentMessage } from '../../generated/grpc/threadstore/v1/Attachment.js';
import type { Attachment__Output } from '../../generated/grpc/threadstore/v1/Attachment.js';
import type { CreateMessageRequest__Output } from '../../generated/grpc/threadstore/v1/CreateMessageRequest.js';
import type { ListMessagesRequest__Output } from '../../generated/grpc/threadstore/v1/ListMessagesRequest.js';
import type { ListMessagesResponse } from '../../generated/grpc/threadstore/v1/ListMessagesResponse.js';
import type { Message as MessageMessage } from '../../generated/grpc/threadstore/v1/Message.js';
import type { ModifyMessageRequest__Output } from '../../generated/grpc/threadstore/v1/ModifyMessageRequest.js';
import type { NewMessage__Output } from '../../generated/grpc/threadstore/v1/NewMessage.js';
import { fromJson } from '../../json/json.js';
import { CreateMessageDto } from '../../messages/dto/create-message.dto.js';
import { ListMessagesQueryDto } from '../../messages/dto/list-messages.dto.js';
import { PatchMessageDto } from '../../messages/dto/modify-message.dto.js';
import type { Attachment } from '../../messages/message.js';
import type { StoredMessage } from '../../messages/stored-message.js';
import type { Page } from '../../pagination/page.js';
import { checkedBody, checkedQuery } from '../checked.js';
import { expectedVersionsOf, metadataPatchOf } from './changes.js';
import { partMessage, partOf } from './content.js';
import { wordOf } from './enums.js';
import { pageQueryOf } from './pages.js';
import { timestampOf } from './times.js';

const ROLES = { user: 'ROLE_USER', assistant: 'ROLE_ASSISTANT' } as const;
const TOOLS = { code_interpreter: 'TOOL_CODE_INTERPRETER', file_search: 'TOOL_FILE_SEARCH' } as const;

/** What would be the body of a message by HTTP. */
export const newMessageBody = ({ role, content, attachments, metadata }: NewMessage__Output): object => ({
  role: wordOf(role, 'ROLE_'),
  content: content.map(partOf),
  attachments: attachments.map(attachmentOf),
  metadata,
});

const attachmentOf = ({ file_id, tools }: Attachment__Output): object => ({
  file_id,
  tools: tools.map((tool) => ({ type: wordOf(tool, 'TOOL_') })),
});

export const createMessageOf = ({ thread_id, message }: CreateMessageRequest__Output) => ({
  threadId: thread_id,
  message: checkedBody(CreateMessageDto, message ? newMessageBody(message) : {}),
});

export const listMessagesOf = (request: ListMessagesRequest__Output) => ({
  threadId: request.thread_id,
  query: checkedQuery(ListMessagesQueryDto, pageQueryOf(request)),
});

export const modifyMessageOf = (request: ModifyMessageRequest__Output) => ({
  ...messageIdOf(request),
  versions: expectedVersionsOf(request.expected_version),
  change: checkedBody(PatchMessageDto, { metadata: metadataPatchOf(request) }),
});

export const deleteMessageOf = (request: MessageId & { readonly expected_version?: number }) => ({
  ...messageIdOf(request),
  versions: expectedVersionsOf(request.expected_version),
});

interface MessageId {
  readonly thread_id: string;
  readonly message_id: string;
}

export const messageIdOf = ({ thread_id, message_id }: MessageId) => ({ threadId: thread_id, id: message_id });

const attachmentMessage = ({ file_id, tools }: Attachment): AttachmentMessage => ({
  file_id,
  tools: tools.map(({ type }) => TOOLS[type]),
});

export function messageMessage({ json, version }: StoredMessage): MessageMessage {
  const message = fromJson(json);
  return {
    id: message.id,
    thread_id: message.thread_id,
    created_at: timestampOf(message.created_at),
    role: ROLES[message.role],
    content: message.content.map(partMessage),
    attachments: message.attachments.map(attachmentMessage),
    metadata: message.metadata,
    version,
  };
}

export const messagesMessage = ({ items, hasMore }: Page<StoredMessage>): ListMessagesResponse => ({
  messages: items.map(messageMessage),
  has_more: hasMore,
});
