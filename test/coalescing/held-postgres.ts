import { setTimeout } from 'node:timers/promises';
import type { Answer, Client } from '../support/client.js';
import type { TestDatabase } from '../support/database.js';
import { until } from '../support/process.js';

/** For all requests to arrive while PostgreSQL is held. */
export const ARRIVAL_MS = 600;

export const LOCK_THREADS = 'SELECT FROM threads FOR UPDATE';

/** A database that holds requests up, so that they meet, and tells what became of them. */
export class HeldPostgres {
  /** The statements that waited in the last meeting. */
  heldUp: readonly object[] = [];

  constructor(private readonly database: TestDatabase) {}

  /**
   * Holds PostgreSQL until all of the requests are there, so long after the first statement waits: all but the first few
   * have to share statements.
   */
  async meeting<T>(
    send: () => readonly Promise<T>[],
    lock = 'LOCK TABLE threads, messages',
    ms = ARRIVAL_MS,
  ): Promise<T[]> {
    await this.database.query('BEGIN');
    await this.database.query(lock);
    const sent = Promise.all(send());
    await until(async () => (await this.waiting()).length > 0);
    await setTimeout(ms);
    this.heldUp = await this.waiting();
    await this.database.query('COMMIT');
    return sent;
  }

  /** The statements that wait for a lock now. Within a transaction PostgreSQL would say what it said before. */
  private async waiting(): Promise<object[]> {
    await this.database.query('SELECT pg_stat_clear_snapshot()');
    return this.database.query(
      `SELECT state FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'threadstore' AND wait_event_type = 'Lock'`,
    );
  }

  /** Has PostgreSQL call `body`, PL/pgSQL, on what a statement does to a table. */
  async watch(table: string, when: string, body: string): Promise<void> {
    const name = `watch_${table}`;
    await this.database.query(
      `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ${body} RETURN NULL; END $$`,
    );
    await this.database.query(`CREATE ${when.replace('TABLE', table)} EXECUTE FUNCTION ${name}()`);
  }

  /** The numbers of rows that the statements inserted into a table. */
  async watchSizes(table: string): Promise<() => Promise<number[]>> {
    await this.database.query('CREATE TABLE sizes (size int)');
    await this.watch(
      table,
      'TRIGGER watch AFTER INSERT ON TABLE REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT',
      'INSERT INTO public.sizes SELECT count(*) FROM new_rows;',
    );
    return async () => (await this.database.query<{ size: number }>('SELECT size FROM sizes')).map(({ size }) => size);
  }
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const append = (client: Client, threadId: string, content: string): Promise<Answer> =>
  client.post(`/v1/threads/${threadId}/messages`, { role: 'user', content });
