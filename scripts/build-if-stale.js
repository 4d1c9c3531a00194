// Builds the server unless the last build is newer than everything that it was made of.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = [
  'src',
  'prisma',
  'proto',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'scripts/bundle.js',
];
const GENERATED = join('src', 'generated');

/** @returns {number} the time of the newest file at or below `path`, in milliseconds. */
function newest(path) {
  if (path === GENERATED) return 0;
  const stats = statSync(path);
  return stats.isDirectory() ? Math.max(...readdirSync(path).map((name) => newest(join(path, name)))) : stats.mtimeMs;
}

const builtAt = statSync('dist/main.js', { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (builtAt < Math.max(...SOURCES.map(newest))) {
  console.log('Building the server…');
  const { status } = spawnSync('npm', ['run', 'build', '--silent'], { stdio: 'inherit', shell: true });
  process.exit(status ?? 1);
}
