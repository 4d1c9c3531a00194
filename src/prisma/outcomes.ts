import { Prisma } from '../generated/prisma/client.js';
import type { SharedStatement } from './coalescer.js';
import type { PrismaService } from './prisma.service.js';
import { inOrder, type Numbered, type RowsStatement } from './rows.js';

/** For the lock on a row: a statement for many leaves what others hold to be waited for by itself. */
export const unlessLocked = (patient: boolean): Prisma.Sql => (patient ? Prisma.empty : Prisma.sql`SKIP LOCKED`);

/**
 * Ends a statement that locks, for each of its items, what `there` selects: a column of what was `done` for each that is
 * `held`, and null where nothing will be. Of those that others have locked it says nothing.
 */
export const settled = (column: Prisma.Sql, done: Prisma.Sql, there: Prisma.Sql): Prisma.Sql => Prisma.sql`
    SELECT item.ordinality::int, ${column} FROM item LEFT JOIN ${done} ON ${done}.ordinality = item.ordinality
    WHERE held OR NOT EXISTS (${there})`;

/** What is read of what is found for each row, null where there is nothing. What a statement is to leave is undefined. */
export const foundBy =
  <Found extends object, Result>(
    prisma: PrismaService,
    statement: RowsStatement,
    read: (found: Found, patient: boolean) => Result | undefined,
  ): SharedStatement<Result | null> =>
  async (rows, patient, transaction) => {
    const found = await prisma.rows<Numbered<Found>>(statement(rows, patient), transaction);
    return inOrder(rows, found, null, (each) => read(each, patient));
  };

/** Whether something was done for each row; undefined for those that a statement that is not patient left. */
export const doneBy =
  (prisma: PrismaService, statement: RowsStatement): SharedStatement<boolean> =>
  async (rows, patient, transaction) => {
    const outcomes = await prisma.rows<Numbered<{ readonly done: true | null }>>(statement(rows, patient), transaction);
    return inOrder(rows, outcomes, patient ? false : undefined, ({ done }) => done ?? false);
  };

/** The line that each row was changed to, null for those that were not changed, and undefined as above. */
export const changedBy =
  <Result>(
    prisma: PrismaService,
    statement: RowsStatement,
    read: (line: string) => Result,
  ): SharedStatement<Result | null> =>
  async (rows, patient, transaction) => {
    const changed = await prisma.rows<Numbered<{ readonly line: string | null }>>(
      statement(rows, patient),
      transaction,
    );
    return inOrder(rows, changed, patient ? null : undefined, ({ line }) => (line === null ? null : read(line)));
  };
