import type { Prisma } from '../generated/prisma/client.js';

/** Whose rows a request is about, and the transaction that all of its statements belong to, if it has one. */
export interface Tenant {
  readonly projectId: string;
  readonly transaction?: Prisma.TransactionClient;
}
