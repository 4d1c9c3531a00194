import type { Prisma } from '../generated/prisma/client.js';

/** Whose rows a request is about, and the transaction that all of its statements belong to, if it has one. */
export interface Tenant {
  readonly projectId: string;
  readonly keyId: string;
  /** Whether somebody listens to the project's changes. Where nobody does no statement has a part that records them. */
  readonly recordsEvents: boolean;
  readonly transaction?: Prisma.TransactionClient;
}
