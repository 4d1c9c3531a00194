import { type Json, toJson } from '../json/json.js';
import { unixSeconds } from '../openapi/unix-time.js';
import { fieldsOf } from '../prisma/lines.js';
import { FIRST_VERSION } from '../versions/version.js';
import { MessageDto } from './dto/message.dto.js';
import type { NewMessage } from './message.js';

/** A message as it is stored: what the API shows of it is written already. */
export interface StoredMessage {
  readonly id: string;
  readonly version: number;
  readonly json: Json<MessageDto>;
}

/** A message of the database, as its columns are written on a line. */
export function messageIn(line: string): StoredMessage {
  const [id = '', version, threadId = '', createdAt = '', role = '', content = '', attachments = '', metadata = ''] =
    fieldsOf(line);
  return {
    id,
    version: Number(version),
    json: MessageDto.write({ id, threadId, createdAt, role, content, attachments, metadata }),
  };
}

/** What a message becomes when it is stored. */
export const storedMessage = (message: NewMessage, threadId: string, createdAt: Date): StoredMessage => ({
  id: message.id,
  version: FIRST_VERSION,
  json: MessageDto.write({
    id: message.id,
    threadId,
    createdAt: String(unixSeconds(createdAt)),
    role: message.role,
    content: toJson(message.content),
    attachments: toJson(message.attachments),
    metadata: toJson(message.metadata),
  }),
});
