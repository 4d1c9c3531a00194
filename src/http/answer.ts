import type { FastifyInstance } from 'fastify';

/** An answer that is written already, and the version of what it shows. */
export class Answer {
  constructor(
    readonly text: string,
    readonly version?: number,
  ) {}
}

export const textOf = (answer: unknown): string => (answer instanceof Answer ? answer.text : JSON.stringify(answer));

/** Sends what is written as it is. */
export function sendWritten(instance: FastifyInstance): void {
  instance.setReplySerializer(textOf);
}
