/** What is wrong with a statement: one line for each table of tenants in it that is not tied to a project. */
export function breachesOf(sql: string, tenantTables: readonly string[]): string[];
/** The tables that have a project, as the catalogue of the database knows them. */
export function tenantTablesOf(superuserUrl: string): Promise<string[]>;
/** The different statements of servers, of all databases or of one, from a place in PostgreSQL's log on. */
export function loggedStatements(start?: number, database?: string): Promise<string[]>;
