// Carries out the steps of the Dockerfile without a container engine: what is copied and run is done in two clean folders,
// and the server is started as the image would start it. It takes about two minutes, and the registry of npm.
//
//   DATABASE_URL=postgresql://… node scripts/image-steps.js
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const START_TIMEOUT_MS = 30_000;
const PORT = '3999';

const folder = mkdtempSync(join(tmpdir(), 'threadstore-image-'));
const [build, image] = readFileSync('Dockerfile', 'utf8')
  .split(/^FROM .*$/m)
  .slice(1);
const allowed = readFileSync('.dockerignore', 'utf8').match(/(?<=^!).*/gm) ?? [];

function shell(command, cwd, env = {}) {
  console.log(`> ${command}`);
  const options = { cwd, shell: true, stdio: 'inherit', env: { ...process.env, ...env } };
  if (spawnSync(command, options).status !== 0) throw new Error(`Failed: ${command}`);
}

const work = join(folder, 'build');
for (const each of allowed) cpSync(each, join(work, each), { recursive: true });
rmSync(join(work, 'src/generated'), { recursive: true, force: true });
for (const [, command] of build.matchAll(/^RUN (.*)$/gm)) shell(command, work);

const app = join(folder, 'app');
for (const [, paths, target] of image.matchAll(/^COPY --from=build (.*) (\S+)$/gm)) {
  for (const path of paths.split(' ')) {
    const name = path.replace(/^\/app\//, '');
    cpSync(join(work, name), join(app, target === './' ? name : target), { recursive: true });
  }
}
shell('du -sh . node_modules', app);

const env = { ...process.env, NODE_ENV: 'production', PORT, DATA_DIR: join(folder, 'data'), HOST: '127.0.0.1' };
console.log('Without DATABASE_URL:');
spawnSync('node', ['dist/main.js'], { cwd: app, env: { ...env, DATABASE_URL: '' }, stdio: 'inherit' });
if (process.env.DATABASE_URL) {
  const [, check] = /^HEALTHCHECK .* CMD (.*)$/m.exec(image);
  const [program, ...args] = JSON.parse(check);
  const server = spawn('node', ['dist/main.js'], { cwd: app, env, stdio: 'inherit' });
  const deadline = Date.now() + START_TIMEOUT_MS;
  let isHealthy = false;
  while (!isHealthy && Date.now() < deadline) {
    await setTimeout(250);
    isHealthy = spawnSync(program, args, { env }).status === 0;
  }
  console.log(`The health check says: ${isHealthy ? 'healthy' : 'not healthy'}`);
  server.kill('SIGTERM');
  process.exitCode = isHealthy ? 0 : 1;
}
rmSync(folder, { recursive: true });
