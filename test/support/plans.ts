import { Client } from 'pg';
import type { TestDatabase } from './database.js';
import { endOfLog, loggedSince } from './postgres-log.js';

/** A step of a plan, as `EXPLAIN (ANALYZE, FORMAT JSON)` names things. */
interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Step[];
}

/** What a statement did. */
export interface Plan {
  readonly sql: string;
  readonly scans: readonly Scan[];
}

/** What a statement read of a table: how, and how many rows. */
export interface Scan {
  readonly how: string;
  readonly of: string;
  readonly rows: number;
}

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  // Those of foreign keys are statements within statements.
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_parameter_max_length': '0',
};

/** The plans that PostgreSQL really used, of all connections of servers that are opened to the database from now on. */
export class Plans {
  private constructor(private readonly database: string) {}

  static async watch({ superuserUrl }: TestDatabase): Promise<Plans> {
    const superuser = new Client({ connectionString: superuserUrl });
    await superuser.connect();
    const name = superuser.database!;
    for (const [setting, value] of Object.entries(SETTINGS)) {
      await superuser.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
    }
    await superuser.end();
    return new Plans(name);
  }

  /** Those of all statements of servers while `work` was done. */
  async during(work: () => Promise<unknown>): Promise<Plan[]> {
    const start = await endOfLog();
    await work();
    const plan = new RegExp(`^<${this.database}\\|threadstore> LOG: {2}duration: .* plan:\n([^]*)$`);
    const plans: Plan[] = [];
    for await (const entry of loggedSince(start)) {
      const [, json] = plan.exec(entry) ?? [];
      if (!json) continue;
      const { Plan: root, 'Query Text': sql } = JSON.parse(json) as { Plan: Step; 'Query Text': string };
      plans.push({ sql, scans: scansIn(root) });
    }
    return plans;
  }
}

function scansIn(step: Step): Scan[] {
  const { 'Relation Name': relation, 'Index Name': index, 'Actual Rows': rows, 'Actual Loops': loops } = step;
  const removed = (step['Rows Removed by Filter'] ?? 0) + (step['Rows Removed by Index Recheck'] ?? 0);
  const of = relation ?? index;
  const isScan = of !== undefined && step['Node Type'] !== 'ModifyTable';
  const own = isScan ? [{ how: step['Node Type'], of, rows: (rows + removed) * loops }] : [];
  return [...own, ...(step.Plans ?? []).flatMap(scansIn)];
}
