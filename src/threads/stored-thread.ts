import { type Json, toJson } from '../json/json.js';
import { unixSeconds } from '../openapi/unix-time.js';
import { fieldsOf } from '../prisma/lines.js';
import { FIRST_VERSION } from '../versions/version.js';
import { ThreadDto } from './dto/thread.dto.js';
import type { NewThread } from './thread.js';

/** A thread as it is stored: what the API shows of it is written already. */
export interface StoredThread {
  readonly id: string;
  readonly version: number;
  readonly json: Json<ThreadDto>;
}

/** A thread of the database, as its columns are written on a line. */
export function threadIn(line: string): StoredThread {
  const [id = '', version, createdAt = '', metadata = '', toolResources = ''] = fieldsOf(line);
  return { id, version: Number(version), json: ThreadDto.write({ id, createdAt, metadata, toolResources }) };
}

/** What a thread becomes when it is stored. */
export const storedThread = ({ id, createdAt, metadata, toolResources }: NewThread): StoredThread => ({
  id,
  version: FIRST_VERSION,
  json: ThreadDto.write({
    id,
    createdAt: String(unixSeconds(createdAt)),
    metadata: toJson(metadata),
    toolResources: toJson(toolResources),
  }),
});
