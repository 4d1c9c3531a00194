import { PrismaPg } from '@prisma/adapter-pg';
import { hasNoAnswer, isConflict, OutcomeUnknownError } from '../errors/database-error.js';

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>;
type Statement = Parameters<Adapter['executeRaw']>[0];

/**
 * Prisma's adapter, which tells a statement that failed from one whose fate is not known. A statement that PostgreSQL
 * gave up for another one's sake, a conflict or a deadlock, is sent once more.
 */
export class DatabaseAdapter extends PrismaPg {
  override async connect(): Promise<Adapter> {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    const executeRaw = adapter.executeRaw.bind(adapter);
    const startTransaction = adapter.startTransaction.bind(adapter);
    return Object.assign(adapter, {
      queryRaw: (statement: Statement) => outcomeOf(statement.sql, () => queryRaw(statement)),
      executeRaw: (statement: Statement) => outcomeOf(statement.sql, () => executeRaw(statement)),
      startTransaction: async (...options: Parameters<typeof startTransaction>) =>
        watched(await startTransaction(...options)),
    });
  }
}

/** Of a transaction only the end counts: what was not committed is rolled back. */
function watched(transaction: Transaction): Transaction {
  const executeRaw = transaction.executeRaw.bind(transaction);
  return Object.assign(transaction, {
    executeRaw: (statement: Statement) =>
      statement.sql === 'COMMIT' ? executeRaw(statement).catch(tellUnknown) : executeRaw(statement),
  });
}

/** What becomes of a statement, however it is sent. */
export async function outcomeOf<T>(sql: string, execute: () => Promise<T>): Promise<T> {
  const result = execute().catch((error: unknown) => {
    if (isConflict(error)) return execute();
    throw error;
  });
  return isRead(sql) ? result : result.catch(tellUnknown);
}

const isRead = (sql: string): boolean => /^\s*SELECT\b/i.test(sql);

function tellUnknown(error: unknown): never {
  throw hasNoAnswer(error) ? new OutcomeUnknownError(error) : error;
}
