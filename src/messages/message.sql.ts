import { Prisma } from '../generated/prisma/client.js';

/** The columns of a `NewMessage` in a statement. */
export const NEW_MESSAGE = Prisma.sql`id text, role text, content json, attachments json, metadata jsonb`;
