// What PostgreSQL logged: every statement of a server, see start-postgres.js. Over a whole run these are hundreds of
// megabytes, so that whoever reads it says from where, and reads it piece by piece.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

const PIECE = 8 * 1024 * 1024;

const file = () => JSON.parse(process.env.TEST_POSTGRES).log;

/** The place where the next entry will begin. */
export const endOfLog = async () => (await stat(file())).size;

/** The entries from a place on, each with its prefix. */
export async function* loggedSince(start) {
  let rest = '';
  for await (const piece of createReadStream(file(), { start, encoding: 'utf8', highWaterMark: PIECE })) {
    const entries = (rest + piece).split(/^(?=<[^|\n]*\|)/m);
    rest = entries.pop();
    yield* entries;
  }
  if (rest) yield rest;
}
