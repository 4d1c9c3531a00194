import { newId } from '../ids/id.js';
import type { Metadata } from '../metadata/metadata.js';
import { type ContentPart, type InputPart, toContent } from './message-content.js';

export const MESSAGE_ROLES = ['user', 'assistant'] as const;
export type MessageRole = (typeof MESSAGE_ROLES)[number];

export const ATTACHMENT_TOOLS = ['code_interpreter', 'file_search'] as const;

/** A file that a message refers to and the tools it is meant for, in the API's own form: it is stored as sent. */
export interface Attachment {
  readonly file_id: string;
  readonly tools: readonly { readonly type: (typeof ATTACHMENT_TOOLS)[number] }[];
}

/** A message before it has a place in its thread. */
export interface NewMessage {
  readonly id: string;
  readonly role: MessageRole;
  readonly content: readonly ContentPart[];
  readonly attachments: readonly Attachment[];
  readonly metadata: Metadata;
}

/** What a caller says of a message that is to be made. */
export interface MessageInput {
  readonly role: MessageRole;
  readonly content: string | readonly InputPart[];
  readonly attachments?: readonly Attachment[] | null;
  readonly metadata?: Metadata | null;
}

export const newMessage = (input: MessageInput, now: Date): NewMessage => ({
  id: newId('msg_', now),
  role: input.role,
  content: toContent(input.content),
  attachments: input.attachments ?? [],
  metadata: input.metadata ?? {},
});
