import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;

/** Any number, the same in every server: whoever changes tables holds this lock as long as the change lasts. */
const CHANGE_LOCK = 7_307_200;

const LOCK = `SELECT pg_advisory_xact_lock(${CHANGE_LOCK})`;

/** Only one migration at a time is under way, and its record is made before it. */
const mark = (column: 'finished_at' | 'rolled_back_at'): string => `
  DO $$ BEGIN
    IF to_regclass('_prisma_migrations') IS NOT NULL THEN
      UPDATE _prisma_migrations SET ${column} = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL;
    END IF;
  END $$`;

/**
 * Prisma's adapter, for migrations. It would run a script statement by statement, each for itself; here a script and
 * the record of its success are one transaction, so that a server that is killed in the middle leaves nothing half.
 */
export class MigrationAdapter extends PrismaPg {
  constructor(private readonly pool: Pool) {
    super(pool);
  }

  override async connect(): Promise<Adapter> {
    const adapter = await super.connect();
    return Object.assign(adapter, {
      executeScript: async (script: string) => {
        // Several statements in one message are one transaction.
        await this.pool.query(`${LOCK};\n${script}\n;${mark('finished_at')}`);
      },
    });
  }
}

/** Frees what a server left that was killed while it migrated: its script, if it still runs, is waited for. */
export async function forgetUnfinished(pool: Pool): Promise<void> {
  await pool.query(`${LOCK};${mark('rolled_back_at')}`);
}
