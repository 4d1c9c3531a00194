/** What is wrong with a statement: one line for each table of tenants in it that is not tied to a project. */
export function breachesOf(sql: string, tenantTables: readonly string[]): string[];
/** The tables that have a project, as the catalogue of the database knows them. */
export function tenantTablesOf(superuserUrl: string): Promise<string[]>;
/** The statements of servers that PostgreSQL logged, each once; with `database` those that ran in that one. */
export function loggedStatements(logFile: string, database?: string): Promise<string[]>;
