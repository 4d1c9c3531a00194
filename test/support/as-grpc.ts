// What the gRPC door shows of what the HTTP door shows, said a second time: tests hold the two to each other.
import type { Message } from './grpc-client.js';

const timestamp = (seconds: number): object => ({ seconds: String(seconds), nanos: 0 });

const upper = (prefix: string, word: string): string => `${prefix}_${word.toUpperCase()}`;

function partOf(part: Message): object {
  switch (part.type) {
    case 'text':
      return { part: 'text', text: { value: part.text.value } };
    case 'image_url':
      return {
        part: 'image_url',
        image_url: { url: part.image_url.url, detail: upper('IMAGE_DETAIL', part.image_url.detail) },
      };
    default:
      return {
        part: 'image_file',
        image_file: { file_id: part.image_file.file_id, detail: upper('IMAGE_DETAIL', part.image_file.detail) },
      };
  }
}

export const threadAsGrpc = (thread: Message, version: number): object => ({
  id: thread.id,
  created_at: timestamp(thread.created_at),
  metadata: thread.metadata,
  tool_resources: { code_interpreter: null, file_search: null, ...thread.tool_resources },
  version,
});

export const messageAsGrpc = (message: Message, version: number): object => ({
  id: message.id,
  thread_id: message.thread_id,
  created_at: timestamp(message.created_at),
  role: upper('ROLE', message.role),
  content: message.content.map(partOf),
  attachments: message.attachments.map(({ file_id, tools }: Message) => ({
    file_id,
    tools: tools.map(({ type }: Message) => upper('TOOL', type)),
  })),
  metadata: message.metadata,
  version,
});

export const eventAsGrpc = ({ id, type, created_at, data }: Message): object => ({
  id,
  type: upper('EVENT_TYPE', type.replaceAll('.', '_')),
  created_at: timestamp(created_at),
  thread_id: data.thread_id ?? data.id,
  message_id: data.thread_id ? data.id : '',
  version: data.version ?? 0,
});
