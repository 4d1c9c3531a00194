const VERSION = Symbol('version');

/** Gives an answer its version. It is not a part of the body; `tagAnswers` makes a header of it. */
export const withVersion = <Answer extends object>(answer: Answer, version: number): Answer =>
  Object.assign(answer, { [VERSION]: version });

/** The version of an answer, if it has one. */
export function versionOf(answer: unknown): number | undefined {
  return answer instanceof Object && VERSION in answer ? Number(answer[VERSION]) : undefined;
}
