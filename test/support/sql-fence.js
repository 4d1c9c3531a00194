// The fence around the tenants: every statement of a server that touches a table of tenants has to tie it to a project.
// Statements are read by PostgreSQL's own parser, as PostgreSQL logged them.
import { loadModule, parseSync } from 'libpg-query';
import { Client } from 'pg';
import { loggedSince } from './postgres-log.js';

/** Other columns that say which project a row is of. Each is an exception, and has a reason. */
const EXCEPTIONS = [
  { table: 'api_keys', column: 'hash', operator: '=', because: 'a key is looked up to learn its project' },
  {
    table: 'idempotency_keys',
    column: 'expires_at',
    operator: '<',
    because: 'what has expired is deleted, whoever it was of, and nothing of it is read',
  },
  {
    table: 'events',
    column: 'created_at',
    operator: '<',
    because: 'what is old is deleted, whoever it was of, and nothing of it is read',
  },
  {
    table: 'webhook_endpoints',
    column: 'is_enabled',
    operator: '=',
    because: 'whoever sends looks for what there is to send, and goes on with the projects that it finds',
  },
  {
    table: 'webhook_deliveries',
    column: 'created_at',
    operator: '<',
    because: 'what is old is deleted, whoever it was of, and nothing of it is read',
  },
];

const OWNER = { column: 'project_id', operator: '=' };

/** What may name a project on the other side of a comparison, when it is a column of a subquery or of a CTE. */
const PROJECT_COLUMN = /^project_?id$/i;

await loadModule();

export async function tenantTablesOf(superuserUrl) {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  const { rows } = await client.query(
    `SELECT table_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'project_id' ORDER BY 1`,
  );
  await client.end();
  return rows.map(({ table_name }) => table_name);
}

/** The prefix of a line that start-postgres.js asked for: database and application, by which a server names itself. */
const ENTRY = /^<([^|]*)\|([^>]*)> LOG: {2}(?:statement|execute [^:]*): ([^]*)$/;

/** The different statements of servers, of one database or of all, from a place in the log on. */
export async function loggedStatements(start = 0, database) {
  const statements = new Set();
  for await (const entry of loggedSince(start)) {
    const [, name, application = '', sql] = ENTRY.exec(entry) ?? [];
    const isOfServer = /^threadstore(?! migration)/.test(application);
    if (isOfServer && (database === undefined || name === database))
      statements.add(sql.replaceAll('\n\t', '\n').trim());
  }
  return [...statements];
}

export function breachesOf(sql, tenantTables) {
  return parseSync(sql).stmts.flatMap(({ stmt }) => {
    const [kind] = Object.keys(stmt);
    if (kind in CHECKS) return walk(stmt, new Set(tenantTables));
    const named = tenantTables.filter((table) => JSON.stringify(stmt).includes(`"relname":"${table}"`));
    return named.map((table) => `${kind} of ${table}`);
  });
}

/** The statements in a tree, each checked by itself: subqueries and CTEs too. */
function walk(node, tables) {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) => {
    // The two sides of a UNION are statements without a name of their own.
    if (/^[lr]arg$/.test(key) && child.op) return walk({ SelectStmt: child }, tables);
    const shadowing = key === 'CommonTableExpr' && tables.has(child.ctename);
    const own = shadowing ? [`a CTE is named like the table ${child.ctename}`] : (CHECKS[key]?.(child, tables) ?? []);
    return [...own, ...walk(child, tables)];
  });
}

const CHECKS = {
  SelectStmt: ({ fromClause = [], whereClause }, tables) => checkScope(fromClause, whereClause, tables),
  DeleteStmt: ({ relation, usingClause = [], whereClause }, tables) =>
    checkScope([{ RangeVar: relation }, ...usingClause], whereClause, tables),
  UpdateStmt: ({ relation, fromClause = [], whereClause, targetList }, tables) => [
    ...(tables.has(relation.relname) && targetList.some(({ ResTarget }) => ResTarget.name === OWNER.column)
      ? [`UPDATE moves rows of ${relation.relname} to another project`]
      : []),
    ...checkScope([{ RangeVar: relation }, ...fromClause], whereClause, tables),
  ],
  InsertStmt: ({ relation, cols = [], onConflictClause }, tables) => {
    if (!tables.has(relation.relname)) return [];
    const conflictColumns = onConflictClause?.infer?.indexElems?.map(({ IndexElem }) => IndexElem.name) ?? [];
    const updates = onConflictClause?.action === 'ONCONFLICT_UPDATE';
    return [
      ...(cols.some(({ ResTarget }) => ResTarget.name === OWNER.column) ? [] : [`INSERT into ${relation.relname}`]),
      ...(updates && !conflictColumns.includes(OWNER.column) ? [`ON CONFLICT UPDATE of ${relation.relname}`] : []),
    ];
  },
};

/** Finds the tables of tenants among the sources of one statement that no condition ties to a project. */
function checkScope(sources, where, tables) {
  const scope = { relations: [], functions: new Set(), joins: [] };
  for (const source of sources) collect(source, scope);
  const tenants = scope.relations.filter(({ table }) => tables.has(table));
  const conditions = [...(where ? [{ condition: where }] : []), ...scope.joins];
  const tied = new Set();
  // A table that is tied to one that is tied is tied: go on until nothing changes.
  for (let before = -1; before < tied.size;) {
    before = tied.size;
    for (const relation of tenants) {
      const isTied = conditions.some(
        ({ condition, reach }) =>
          (!reach || reach.has(relation.name)) && ties(condition, { relation, tenants, tied, scope }),
      );
      if (isTied) tied.add(relation.name);
    }
  }
  return tenants.filter(({ name }) => !tied.has(name)).map(({ table, name }) => `${table} (as ${name}) is not tied`);
}

function collect(source, scope) {
  const { RangeVar, JoinExpr, RangeFunction } = source;
  if (RangeVar) {
    scope.relations.push({ table: RangeVar.relname, name: RangeVar.alias?.aliasname ?? RangeVar.relname });
  } else if (RangeFunction) {
    scope.functions.add(RangeFunction.alias?.aliasname);
  } else if (JoinExpr) {
    const before = scope.relations.length;
    collect(JoinExpr.larg, scope);
    const between = scope.relations.length;
    collect(JoinExpr.rarg, scope);
    // What an outer join asks for takes no row away from its outer side.
    const names = scope.relations.map(({ name }) => name);
    const [left, right] = [names.slice(before, between), names.slice(between)];
    const reach = { JOIN_INNER: [...left, ...right], JOIN_LEFT: right, JOIN_RIGHT: left }[JoinExpr.jointype] ?? [];
    const using = JoinExpr.usingClause?.some(({ String }) => String.sval === OWNER.column);
    if (using) scope.joins.push({ condition: { Using: { left, right } }, reach: new Set(reach) });
    if (JoinExpr.quals) scope.joins.push({ condition: JoinExpr.quals, reach: new Set(reach) });
  }
}

/** Whether a condition holds only for rows of `relation` that are of a project which the caller named. */
function ties({ BoolExpr, A_Expr, SubLink, Using }, context) {
  if (BoolExpr?.boolop === 'AND_EXPR') return BoolExpr.args.some((each) => ties(each, context));
  if (BoolExpr?.boolop === 'OR_EXPR') return BoolExpr.args.every((each) => ties(each, context));
  if (A_Expr?.kind === 'AEXPR_OP' || A_Expr?.kind === 'AEXPR_NOT_DISTINCT') {
    return comparesTo(A_Expr, A_Expr.name.at(-1).String.sval, context);
  }
  if (A_Expr?.kind === 'AEXPR_IN' && A_Expr.name[0].String.sval === '=') {
    const { items } = A_Expr.rexpr.List;
    // Several projects and several ids, each in a list of its own, are more pairs than were asked for.
    if (items.length > 1 && !A_Expr.lexpr.RowExpr) return false;
    return items.every((item) => comparesTo({ lexpr: A_Expr.lexpr, rexpr: item }, '=', context));
  }
  if (SubLink?.subLinkType === 'ANY_SUBLINK' && !SubLink.operName) {
    const targets = SubLink.subselect.SelectStmt.targetList?.map(({ ResTarget }) => ResTarget.val) ?? [];
    return pairsOf(SubLink.testexpr, targets).some((pair) => isTie(pair, '=', context));
  }
  if (Using) {
    const { relation, tenants, tied } = context;
    const others = Using.left.includes(relation.name) ? Using.right : Using.left;
    return others.every((name) => tied.has(name) || !tenants.some((tenant) => tenant.name === name));
  }
  return false;
}

const comparesTo = ({ lexpr, rexpr }, operator, context) =>
  pairsOf(lexpr, rexpr.RowExpr?.args ?? [rexpr]).some(
    ([left, right]) => isTie([left, right], operator, context) || isTie([right, left], operator, context),
  );

const pairsOf = (left, right) => (left?.RowExpr?.args ?? [left]).map((each, index) => [each, right[index]]);

function isTie([column, value], operator, { relation, tenants, tied, scope }) {
  const isOwner = [OWNER, ...EXCEPTIONS.filter(({ table }) => table === relation.table)].some(
    (owner) => owner.operator === operator && isColumnOf(column, owner.column, relation, tenants),
  );
  return isOwner && namesProject(value, tenants, tied, scope);
}

function isColumnOf(expression, column, relation, tenants) {
  const names = expression?.ColumnRef?.fields.map((field) => field.String?.sval) ?? [];
  if (names.at(-1) !== column) return false;
  return names.length === 1 ? tenants.length === 1 : names.at(-2) === relation.name;
}

/** Whether a value is one that came with the statement, or the project of something that is tied itself. */
function namesProject(value, tenants, tied, scope) {
  if (value?.TypeCast) return namesProject(value.TypeCast.arg, tenants, tied, scope);
  // NULL equals nothing: Prisma asks for it when it has nothing to ask for.
  if (value?.ParamRef || value?.A_Const?.isnull) return true;
  const names = value?.ColumnRef?.fields.map((field) => field.String?.sval) ?? [];
  const [source, column] = names.slice(-2);
  if (names.length < 2) return PROJECT_COLUMN.test(source ?? '') && tenants.length === 0;
  if (scope.functions.has(source)) return true;
  return PROJECT_COLUMN.test(column) && (tied.has(source) || !tenants.some(({ name }) => name === source));
}
