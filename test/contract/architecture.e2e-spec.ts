import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** The folder of `src` that a file is in, or its own name when it is directly in `src`. */
const partOf = (path: string): string => path.split('/')[1]!.replace(/\.js$/, '.ts');

/** What each part of `src` imports from the others, as the code has it. */
function importsOf(): Map<string, Set<string>> {
  const parts = new Map<string, Set<string>>();
  for (const entry of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts') || entry.endsWith('.spec.ts') || entry.startsWith('generated')) continue;
    const path = join('src', entry);
    const imported = parts.get(partOf(path)) ?? new Set();
    parts.set(partOf(path), imported);
    for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
      const part = partOf(normalize(join(dirname(path), target)));
      if (part !== partOf(path)) imported.add(part);
    }
  }
  return parts;
}

/** The rows of the table in the document: a part, and the parts that it names. */
function documentedImports(): Map<string, string[]> {
  const rows = readFileSync('docs/architecture.md', 'utf8').matchAll(/^\| `([^`]+)` +\|(.*)\|$/gm);
  return new Map(
    [...rows].map(([, part = '', names = '']) => [
      part,
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    ]),
  );
}

describe('docs/architecture.md', () => {
  it('names what each part of src imports from the others', () => {
    const actual = [...importsOf()].map(([part, imported]): [string, string[]] => [part, [...imported].toSorted()]);
    const documented = [...documentedImports()].map(([part, names]): [string, string[]] => [part, names.toSorted()]);

    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(actual));
  });
});
