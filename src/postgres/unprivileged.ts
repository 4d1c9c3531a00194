import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** How the programs of PostgreSQL are run. As root they refuse to. */
export interface Runner {
  /** The user to run as and to whom the files have to belong; undefined: the user of this process. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly run: (program: string, args: readonly string[]) => Promise<void>;
}

/** The user without files of its own, on every Linux. */
const NOBODY = 65_534;

const OTHERS_MAY_ENTER = 0o001;

/**
 * Finds out how to run PostgreSQL on these paths. An ordinary user runs it as is. Root runs it as the user
 * `postgres`, or as `nobody` where there is none. Where that user cannot reach the paths (a clone below /root, or in
 * a directory made by `mktemp -d`), root runs it in a user namespace: there it has another number, and still its files.
 */
export async function findRunner(paths: readonly string[]): Promise<Runner> {
  if (userInfo().uid !== 0) return { run: async (program, args) => void (await execute(program, [...args])) };
  const open = await Promise.all(paths.map(isOpenToOthers));
  return open.every(Boolean) ? asPostgresUser() : inUserNamespace();
}

async function isOpenToOthers(path: string): Promise<boolean> {
  const directory = dirname(path);
  const { mode } = await stat(directory);
  if ((mode & OTHERS_MAY_ENTER) === 0) return false;
  return directory === path || isOpenToOthers(directory);
}

async function asPostgresUser(): Promise<Runner> {
  const users = await readFile('/etc/passwd', 'utf8');
  const [, uid = NOBODY, gid = NOBODY] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  const user = { uid: Number(uid), gid: Number(gid) };
  // The working directory of root may be closed to that user.
  return { user, run: async (program, args) => void (await execute(program, [...args], { ...user, cwd: '/' })) };
}

const runInUserNamespace: Runner['run'] = async (program, args) => {
  await execute('unshare', ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, program, ...args]);
};

async function inUserNamespace(): Promise<Runner> {
  try {
    await runInUserNamespace('true', []);
  } catch (cause) {
    throw new Error(
      'PostgreSQL does not run as root, and the users it could run as cannot enter the directory of this server or ' +
        'its DATA_DIR. Start the server as another user, move both to where others may enter, or set DATABASE_URL.',
      { cause },
    );
  }
  return { run: runInUserNamespace };
}
