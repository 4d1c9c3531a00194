import { Prisma } from '../generated/prisma/client.js';

/** The time of creation as the API shows it: whole seconds since 1970. */
export const UNIX_SECONDS = Prisma.sql`floor(date_part('epoch', created_at))`;
