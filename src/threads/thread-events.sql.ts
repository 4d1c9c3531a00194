import { typed } from '../events/recording.sql.js';
import { Prisma } from '../generated/prisma/client.js';
import { FIRST_VERSION } from '../versions/version.js';

/** New threads, each before its messages. */
export const CREATION = Prisma.sql`
  SELECT "projectId" AS project_id, ${typed('thread.created')}, id AS thread_id, NULL::text AS message_id,
    ${FIRST_VERSION}::int AS version, ARRAY[ordinality, 0] AS nth
  FROM item
  UNION ALL
  SELECT "projectId", ${typed('thread.message.created')}, item.id, message.id, ${FIRST_VERSION}::int,
    ARRAY[item.ordinality, message.ordinality]
  FROM item CROSS JOIN ROWS FROM (json_to_recordset(messages) AS (id text)) WITH ORDINALITY AS message`;

export const UPDATED = Prisma.sql`
  SELECT project_id, ${typed('thread.updated')}, id AS thread_id, NULL::text AS message_id, version, ordinality AS nth
  FROM updated`;

/** Stands for the messages of the thread too. */
export const DELETION = Prisma.sql`
  SELECT project_id, ${typed('thread.deleted')}, id AS thread_id, NULL::text AS message_id, NULL::int AS version,
    ordinality AS nth
  FROM deleted`;
