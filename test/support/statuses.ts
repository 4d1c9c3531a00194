import type { Answer } from './client.js';

/** The statuses of answers that came in any order, sorted. */
export const statusesOf = (answers: readonly Answer[]): number[] => sorted(answers.map(({ status }) => status));

export const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((one, other) => one - other);

/** So many of one status. */
export const times = (count: number, status: number): number[] => Array<number>(count).fill(status);
