// Breaks what keeps tenants apart in one place at a time, on a copy of the sources, and runs the tests of the isolation
// on it, and those of the broken part when these let it pass. One of the two has to fail: tests that let a break pass
// prove nothing. Needs a build; takes half an hour or more, and less for the places that an argument names: `src/events`,
// `src/events/recording.sql.ts:33`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const FOLDERS = ['src', 'test', 'dist', 'prisma', 'scripts'];
const FILES = [
  'openapi.json',
  'package.json',
  'jest.config.js',
  '.swcrc',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

const ISOLATION = 'test/isolation';

/** Where SQL is, or Prisma is asked. */
const STATEMENTS = /\.(?:repository|statements|sql)\.ts$/;

/** What keeps tenants apart, as it looks in the sources, and what it looks like when it keeps nothing. */
const BREAKS = [
  {
    files: STATEMENTS,
    checks: [
      // SQL: a condition that then always holds. The value stays, so that PostgreSQL knows its type.
      [/(?:\w+\.)?project_id = (?:\$\{[^}]+\}|[\w."]+)/g, ([condition]) => `(${condition} OR true)`],
      [/USING \(project_id, /g, () => 'USING ('],
      [/(?:\w+\.)?expires_?at (<=?|>=?) (?:\$\{[^}]+\}|[\w.]+(?:\(\))?)/gi, ([, sign]) => String(sign.startsWith('>'))],
      // Prisma: a condition that is left out.
      [
        /findUnique\((\{\s*where: \{) projectId_id: \{ projectId, ([^}]+)\}/g,
        ([, head, rest]) => `findFirst(${head} ${rest}`,
      ],
      [/where: \{ projectId(?:: \w+)?,? /g, () => 'where: { '],
    ],
  },
  // The guard and those it asks: a refusal of a key that is made and not thrown.
  { files: /^src\/auth\/key.*(?<!\.spec)\.ts$/, checks: [[/throw (\w+)\(/g, ([, refusal]) => `void ${refusal}(`]] },
];

/** Conditions that no test can see broken, and what else keeps what they keep. */
const KEPT_TWICE = new Map([
  ['feed.project_id = change.project_id', 'a statement that records changes those of one project (`ByRecording`)'],
]);

const TABLES = [...readFileSync('prisma/schema.prisma', 'utf8').matchAll(/@@map\("(\w+)"\)/g)].map(
  ([, table]) => table,
);

/** Reads or changes rows that are there; what only adds some has no condition to break. */
const FINDS_ROWS = new RegExp(`\\b(?:FROM|JOIN|UPDATE) (?:${TABLES.join('|')})\\b|\\.(?:find|update|delete)\\w*\\(`);

function findBreaks(path, text) {
  const checks = BREAKS.filter(({ files }) => files.test(path)).flatMap((each) => each.checks);
  return checks.flatMap(([pattern, broken]) =>
    [...text.matchAll(pattern)].map((match) => {
      const [from] = match;
      const before = text.slice(0, match.index);
      const line = before.split('\n').length;
      return { path, line, from, text: before + broken(match) + text.slice(match.index + from.length) };
    }),
  );
}

async function main() {
  const copy = await mkdtemp(join(tmpdir(), 'threadstore-controls-'));
  try {
    for (const each of [...FOLDERS, ...FILES]) await cp(each, join(copy, each), { recursive: true });
    await symlink(resolve('node_modules'), join(copy, 'node_modules'));
    process.exitCode = (await tryAll(copy)) ? 0 : 1;
  } finally {
    await rm(copy, { recursive: true });
  }
}

async function tryAll(copy) {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((name) => join('src', name))
    .filter((path) => path.endsWith('.ts') && !path.includes('generated'))
    .toSorted();
  const texts = new Map(await Promise.all(sources.map(async (path) => [path, await readFile(path, 'utf8')])));
  const [places = ''] = process.argv.slice(2);
  const all = sources.flatMap((path) => findBreaks(path, texts.get(path)));
  const breaks = all.filter(({ path, line }) => `${path}:${line}`.startsWith(places));
  // A file that finds rows of tenants, and has no check that is known here, would never be tried.
  const without = sources.filter(
    (path) =>
      STATEMENTS.test(path) &&
      /project_id|projectId/.test(texts.get(path)) &&
      FINDS_ROWS.test(texts.get(path)) &&
      !all.some((each) => each.path === path),
  );
  console.log(`Unbroken, then ${breaks.length} breaks.`);
  const before = await failuresOf(ISOLATION, copy);
  if (before.length > 0) throw new Error(`The tests fail before anything is broken: ${before.join(', ')}`);
  let missed = 0;
  for (const each of breaks) {
    await writeFile(join(copy, each.path), each.text);
    const failures = await failuresOf(ISOLATION, copy);
    if (failures.length === 0) failures.push(...(await failuresOfPart(each.path, copy)));
    await writeFile(join(copy, each.path), texts.get(each.path));
    if (failures.length === 0 && !KEPT_TWICE.has(each.from)) missed++;
    console.log(`${each.path}:${each.line}  ${each.from}  ${verdictOf(each.from, failures)}`);
  }
  for (const path of without)
    console.log(`${path}  finds rows of projects, and has no check that is known here: MISSED`);
  console.log(`${breaks.length} breaks, ${missed + without.length} missed.`);
  return missed + without.length === 0;
}

function verdictOf(check, failures) {
  if (failures.length > 0) return `caught by ${failures.join(', ')}`;
  return KEPT_TWICE.has(check) ? `not seen: ${KEPT_TWICE.get(check)}` : 'MISSED';
}

/** What fails in the tests of what is broken. Some start servers that are built, which those of the isolation do not. */
async function failuresOfPart(path, copy) {
  await run(copy, 'node_modules/@nestjs/cli/bin/nest.js', 'build');
  await run(copy, 'scripts/bundle.js');
  return failuresOf(testsOf(path), copy);
}

async function run(cwd, ...args) {
  const [code] = await once(spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}.`);
}

/** `src/events/…` is tested by `test/events`. */
const testsOf = (path) => path.replace(/^src\/(\w[\w-]*)\/.*/, 'test/$1');

/** What fails in the copy of these tests: files, and the fence around the SQL of the run. */
async function failuresOf(tests, copy) {
  const jestArgs = ['node_modules/jest/bin/jest.js', '--passWithNoTests', tests];
  const args = ['--experimental-vm-modules', '--no-warnings', ...jestArgs];
  const jest = spawn(process.execPath, args, { cwd: copy, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  jest.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = await once(jest, 'close');
  if (code === 0) return [];
  const files = [...said.matchAll(/^FAIL (\S+)/gm)].map(([, file]) => file);
  if (said.includes('globalTeardown')) files.push('the fence around the SQL of the run');
  return files.length > 0 ? [...new Set(files)] : [`exit code ${code}`];
}

await main();
