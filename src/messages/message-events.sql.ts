import { typed } from '../events/recording.sql.js';
import { Prisma } from '../generated/prisma/client.js';
import { FIRST_VERSION } from '../versions/version.js';

export const APPENDING = Prisma.sql`
  SELECT "projectId" AS project_id, ${typed('thread.message.created')}, "threadId" AS thread_id, id AS message_id,
    ${FIRST_VERSION}::int AS version, ordinality AS nth
  FROM message`;

export const UPDATED = Prisma.sql`
  SELECT project_id, ${typed('thread.message.updated')}, thread_id, id AS message_id, version,
    ordinality AS nth
  FROM updated`;

export const DELETION = Prisma.sql`
  SELECT project_id, ${typed('thread.message.deleted')}, thread_id, id AS message_id, NULL::int AS version,
    ordinality AS nth
  FROM deleted`;
