import { describe, expect, it } from '@jest/globals';

interface Thread {
  readonly name: string;
  readonly texts: string[];
}

interface Sent extends Thread {
  readonly outcome?: string;
  readonly appends: { text: string; outcome: string }[];
}

const CODE = '../../scripts/chaos/verdict.js';
const { verdictOf } = (await import(CODE)) as { verdictOf: (sent: Sent[], stored: Thread[]) => object };

const NONE = { acknowledged: 0, lost: 0, half: 0, refusedButStored: 0, unacknowledgedButStored: 0, twice: 0 };
const texts = ['a', 'b', 'c'];
const thread = (outcome: string, ...appends: [string, string][]): Sent => ({
  name: 'one',
  outcome,
  texts,
  appends: appends.map(([text, each]) => ({ text, outcome: each })),
});
const stored = (...all: string[]): Thread => ({ name: 'one', texts: all });

// What npm run chaos finds is worth as much as this: a loss that is not counted here would pass.
describe('the verdict of the chaos', () => {
  it.each<[string, Sent, Thread[], Partial<typeof NONE>]>([
    ['all is there', thread('acknowledged', ['d', 'acknowledged']), [stored('a', 'b', 'c', 'd')], { acknowledged: 2 }],
    ['a thread is not', thread('acknowledged'), [], { acknowledged: 1, lost: 1 }],
    [
      'an appended message is not',
      thread('acknowledged', ['d', 'acknowledged']),
      [stored(...texts)],
      { acknowledged: 2, lost: 1 },
    ],
    ['a first message is not', thread('acknowledged'), [stored('a', 'c')], { acknowledged: 1, half: 1 }],
    ['of a thread nobody heard of, one is not', thread('unknown'), [stored()], { half: 1, unacknowledgedButStored: 1 }],
    ['messages have changed places', thread('acknowledged'), [stored('b', 'a', 'c')], { acknowledged: 1, half: 1 }],
    ['a refused thread is', thread('refused'), [stored(...texts)], { refusedButStored: 1 }],
    [
      'a refused message is',
      thread('acknowledged', ['d', 'refused']),
      [stored('a', 'b', 'c', 'd')],
      { acknowledged: 1, refusedButStored: 1 },
    ],
    ['a thread of unknown outcome is', thread('unknown'), [stored(...texts)], { unacknowledgedButStored: 1 }],
    ['a thread of unknown outcome is not', thread('unknown'), [], {}],
    ['a thread is twice', thread('acknowledged'), [stored(...texts), stored(...texts)], { acknowledged: 1, twice: 1 }],
    ['a message is twice', thread('acknowledged'), [stored('a', 'b', 'c', 'c')], { acknowledged: 1, twice: 1 }],
  ])('sees when %s', (_, sent, found, expected) => {
    expect(verdictOf([sent], found)).toEqual({ ...NONE, ...expected });
  });
});
