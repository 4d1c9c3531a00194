// npm run bench:growth: what operations take in threads and projects of all sizes. One request at a time, after everything
// was read once.
import { KEY, openArena } from './arena.js';
import { median } from './table.js';

const MESSAGES = [1_000, 10_000, 100_000];
const THREADS = [1_000, 10_000, 300_000];
const PAGE = 20;

/** All sizes are in one store and take turns, so that what the machine does beside them meets all. */
const ROUNDS = 5;
const SECONDS = 0.25;

/** How many connections read everything once before it is measured, and a time limit in seconds that they never reach. */
const READERS = 32;
const UNTIL_ALL_IS_READ = 600;
/** A prime that divides no number of targets, so that none is missed. */
const STRIDE = 7919;

const arena = await openArena();
const { db, generator, threadstore } = arena;

interface Project {
  readonly id: string;
  readonly key: string;
}

interface Step {
  readonly name: string;
  readonly method?: string;
  readonly path: readonly [string, string];
  readonly targets?: readonly string[];
  readonly body?: object;
}

/** One of the sizes: whose it is, and what is asked of it. */
interface Size {
  readonly project: Project;
  readonly size: number;
  readonly steps: readonly Step[];
}

const ids = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i + 1}`);

/** A new project, with a key. */
async function newProject(name: string): Promise<Project> {
  // oxlint-disable-next-line typescript/no-explicit-any
  const post = async (path: string): Promise<any> => {
    const url = `http://127.0.0.1:${threadstore.port}/v1/organization/projects${path}`;
    const headers = { authorization: `Bearer ${KEY}-admin`, 'content-type': 'application/json' };
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ name }) })).json();
  };
  const { id } = await post('');
  return { id, key: (await post(`/${id}/service_accounts`)).api_key.value };
}

const loadOf = ({ key }: Project, { method = 'GET', path, targets = [''], body }: Step) =>
  ({ port: threadstore.port, key, method, path, targets, body: body ? JSON.stringify(body) : '' }) as const;

/** Asks for each target once, in no order of the store, so that each connection meets most pages. */
async function readAll(project: Project, step: Step): Promise<void> {
  const load = loadOf(project, step);
  const targets = load.targets.map((_, i, all) => all[(i * STRIDE) % all.length]!);
  await generator.run({ ...load, targets, concurrency: READERS, seconds: UNTIL_ALL_IS_READ, once: true });
}

/** The median of a request, in milliseconds. */
async function p50(project: Project, step: Step): Promise<number> {
  return (await generator.run({ ...loadOf(project, step), concurrency: 1, seconds: SECONDS, once: false })).p50;
}

/**
 * Measures the steps at each size, and prints a Markdown table. Each target of a step is read once before, so that it is in
 * memory as in a store that is used: a page that PostgreSQL has to read takes as long as what the sizes are compared for.
 */
async function compare(what: string, sizes: readonly Size[]): Promise<void> {
  console.log(
    `\n| p50 in ms, ${what} | ${sizes.map(({ size }) => size.toLocaleString('en')).join(' | ')} | largest : smallest |`,
  );
  console.log(`|---|${sizes.map(() => '---|').join('')}---|`);
  for (const [index, { name }] of sizes[0]!.steps.entries()) {
    const figures: number[][] = sizes.map(() => []);
    for (const { project, steps } of sizes) await readAll(project, steps[index]!);
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [at, { project, steps }] of sizes.entries()) {
        const figure = await p50(project, steps[index]!);
        if (round > 0) figures[at]!.push(figure);
      }
    }
    const values = figures.map(median);
    const ratio = values.at(-1)! / values[0]!;
    console.log(`| ${name} | ${values.map((value) => value.toFixed(2)).join(' | ')} | ${ratio.toFixed(2)} |`);
  }
}

/** A project with a thread of so many messages, `msg_1` being the oldest. */
async function withMessages(size: number): Promise<Size> {
  const project = await newProject(`${size} messages`);
  await db.query(
    `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
     VALUES ($1, 'thread_1', now(), '{}', '{}', $2)`,
    [project.id, size],
  );
  await db.query(
    `INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
     SELECT $1, 'thread_1', 'msg_' || i, i, now(), 'user',
       '[{"type": "text", "text": {"value": "What would change if it were left out?", "annotations": []}}]', '[]', '{}'
     FROM generate_series(1, $2::int) AS i`,
    [project.id, size],
  );
  const messages = '/v1/threads/thread_1/messages';
  const steps = [
    { name: 'get a message', path: [`${messages}/`, ''], targets: ids('msg_', 0, size) },
    { name: 'first page', path: [`${messages}?order=asc`, ''] },
    {
      name: 'a page in the middle',
      path: [`${messages}?order=asc&after=msg_`, ''],
      targets: ids('', size / 2, size / 2 + 100),
    },
    { name: 'last page', path: [`${messages}?order=asc&after=msg_`, ''], targets: [String(size - PAGE)] },
    { name: 'newest page', path: [messages, ''] },
    // The last step, since it adds messages.
    {
      name: 'append a message',
      method: 'POST',
      path: [messages, ''],
      body: { role: 'user', content: 'What would change if it were left out?' },
    },
  ] as const;
  return { project, size, steps };
}

/**
 * A project with so many threads. Each user has 25 of them, wherever; all else is had by a share of the threads. A page has
 * as many as there are in the smallest project, so that answers of one length are compared.
 */
async function withThreads(size: number): Promise<Size> {
  const project = await newProject(`${size} threads`);
  await db.query(
    `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
     SELECT $1, 'thread_' || i, now() - interval '1 day' + make_interval(secs => i / 10.0),
       jsonb_build_object('user', 'user-' || i % ($2::int / 25), 'team', 'team-' || i % 1000, 'topic', 'topic-' || i % 30,
         'label', 'label-' || i % 100, 'stage', 'stage-' || i % 200,
         'closed', CASE WHEN i < $2::int / 3 THEN 'yes' ELSE 'no' END,
         'plan', CASE i % 2 WHEN 0 THEN 'pro' ELSE 'free' END, 'turn', CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END,
         'archived', CASE WHEN i <= 900 THEN 'yes' ELSE 'no' END),
       '{}', 0
     FROM generate_series(1, $2::int) AS i`,
    [project.id, size],
  );
  const list = '/v1/threads';
  const evenTeams = ids('', -1, 998).filter((team) => Number(team) % 2 === 0);
  const steps = [
    { name: 'get a thread', path: [`${list}/thread_`, ''], targets: ids('', 0, size) },
    { name: 'list, first page', path: [list, ''] },
    {
      name: 'list, a page in the middle',
      path: [`${list}?after=thread_`, ''],
      targets: ids('', size / 2, size / 2 + 100),
    },
    { name: 'by user, 25 threads', path: [`${list}?metadata[user]=user-`, ''], targets: ids('', -1, size / 25 - 1) },
    {
      name: 'by a value of one in 1,000',
      path: [`${list}?limit=1&metadata[team]=team-`, ''],
      targets: ids('', -1, 999),
    },
    {
      name: 'by a value of one in 200',
      path: [`${list}?limit=5&metadata[stage]=stage-`, ''],
      targets: ids('', -1, 199),
    },
    {
      name: 'by a value of one in 100',
      path: [`${list}?limit=10&metadata[label]=label-`, ''],
      targets: ids('', -1, 99),
    },
    { name: 'by a value of one in 30', path: [`${list}?metadata[topic]=topic-`, ''], targets: ids('', -1, 29) },
    { name: 'by a value of one in 2', path: [`${list}?metadata[plan]=`, ''], targets: ['pro', 'free'] },
    { name: 'by a value of the oldest 900', path: [`${list}?metadata[archived]=yes`, ''] },
    { name: 'by a value of the oldest third', path: [`${list}?metadata[closed]=yes`, ''] },
    { name: 'by a value of none', path: [`${list}?metadata[team]=none`, ''] },
    {
      name: 'by two values, of one in 2 and in 1,000',
      path: [`${list}?limit=1&metadata[plan]=pro&metadata[team]=team-`, ''],
      targets: evenTeams,
    },
    {
      name: 'by two values, of one in 2 and the oldest third',
      path: [`${list}?metadata[closed]=yes&metadata[plan]=pro`, ''],
    },
    {
      name: 'by two values of one in 2 that none has both',
      path: [`${list}?metadata[turn]=odd&metadata[plan]=pro`, ''],
    },
  ] as const;
  return { project, size, steps };
}

/** One after the other: each fills a table. What was written goes to the disk now, and not when something else is read. */
async function each<T>(sizes: readonly number[], fill: (size: number) => Promise<T>): Promise<T[]> {
  const filled: T[] = [];
  for (const size of sizes) filled.push(await fill(size));
  await db.query('VACUUM ANALYZE');
  await db.query('CHECKPOINT');
  return filled;
}

try {
  await compare('messages in one thread', await each(MESSAGES, withMessages));
  await compare('threads in one project', await each(THREADS, withThreads));
} finally {
  await arena.close();
}
