// Every regular expression of the sources on 64 KB of each character that could make it try again and again. It breaks
// when one takes more than linear time: a quadratic one takes seconds here, not milliseconds.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const LENGTH = 65_536;

/** The promise; the best of some tries counts, since other programs may take the processor for a while. */
const MAX_MS = 20;
const TRIES = 5;

function expressionsIn(path: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) found.push(node.getText());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, true));
  return found;
}

const expressions = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.startsWith('generated'))
  .flatMap((path) => expressionsIn(join('src', path)).map((literal): [string, string] => [literal, path]));

/** Long runs of one character or two, after what the expression begins with and before what it does not end with. */
function textsFor(source: string): string[] {
  const characters = [...new Set(`${source.replaceAll(/\\./g, '')}a1 \t\n-_.:;=[]"'%\u0000\ud800😀`)];
  const beginning = /^[\w "=:-]+/.exec(source.replace(/^\^/, ''))?.[0] ?? '';
  const runs = characters.flatMap((one) => [
    one.repeat(LENGTH),
    `${one}a`.repeat(LENGTH / 2),
    `[${one}]`.repeat(LENGTH / 4),
  ]);
  return runs.flatMap((run) => [run, `${run}\u0001`, `${beginning}${run}\u0001`, `${beginning}[${run}\n`]);
}

const millisecondsOf = (expression: RegExp, text: string): number => {
  const start = performance.now();
  text.match(expression);
  return performance.now() - start;
};

const isFast = (expression: RegExp, text: string): boolean =>
  Array.from({ length: TRIES }).some(() => millisecondsOf(expression, text) < MAX_MS);

describe('every regular expression', () => {
  it('is found', () => {
    expect(expressions.length).toBeGreaterThan(10);
    expect(expressions.map(([literal]) => literal)).toContain(String.raw`/^Bearer +(\S.*)$/i`);
  });

  it.each(expressions)(`reads 64 KB in less than ${MAX_MS} ms, whatever they are: %s of %s`, (literal) => {
    const end = literal.lastIndexOf('/');
    const expression = new RegExp(literal.slice(1, end), literal.slice(end + 1));

    const slow = textsFor(expression.source).filter((text) => !isFast(expression, text));

    expect(slow.map((text) => text.slice(0, 40))).toEqual([]);
  });
});
