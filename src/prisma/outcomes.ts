import { Prisma } from '../generated/prisma/client.js';
import type { SharedStatement } from './shared-execution.js';
import type { PrismaService } from './prisma.service.js';
import { inOrder, type Numbered, type RowsStatement } from './rows.js';

/** For the lock on a row: a statement for many leaves what others hold to be waited for by itself. */
export const unlessLocked = (patient: boolean): Prisma.Sql => (patient ? Prisma.empty : Prisma.sql`SKIP LOCKED`);

/**
 * Ends a statement that locks what `there` selects for each of its items: a column of the item or of what was `done` for
 * it, for each that is `held` and for each that has nothing to be held. Of those that others have locked it says nothing.
 * Written as NOT EXISTS, it had PostgreSQL read the whole index of a table of 20,000 rows when one of them was missing.
 */
export const settled = (column: Prisma.Sql, there: Prisma.Sql, done?: Prisma.Sql): Prisma.Sql => Prisma.sql`
    SELECT item.ordinality::int, ${column}
    FROM item ${done ? Prisma.sql`LEFT JOIN ${done} ON ${done}.ordinality = item.ordinality` : Prisma.empty}
    WHERE held OR (${there}) IS NULL`;

/** What `read` makes of the result for each row, or `none` where there is no result. Undefined leaves a row. */
export const resultsBy =
  <Row extends object, Result>(
    prisma: PrismaService,
    statement: RowsStatement,
    read: (row: Row, patient: boolean) => Result | undefined,
    none: (patient: boolean) => Result | undefined,
  ): SharedStatement<Result> =>
  async (rows, patient, transaction) => {
    const results = await prisma.rows<Numbered<Row>>(statement(rows, patient), transaction);
    return inOrder(rows, results, none(patient), (each) => read(each, patient));
  };

/** Whether something was done for each row. What others have locked is left, unless it is waited for. */
export const doneBy = (prisma: PrismaService, statement: RowsStatement): SharedStatement<boolean> =>
  resultsBy(
    prisma,
    statement,
    ({ done }: { readonly done: boolean | null }) => done ?? false,
    (patient) => (patient ? false : undefined),
  );

/** The line that each row was changed to, null where nothing was changed. What others have locked is left as well. */
export const changedBy = <Result>(
  prisma: PrismaService,
  statement: RowsStatement,
  read: (line: string) => Result,
): SharedStatement<Result | null> =>
  resultsBy<{ readonly line: string | null }, Result | null>(
    prisma,
    statement,
    ({ line }) => (line === null ? null : read(line)),
    (patient) => (patient ? null : undefined),
  );
