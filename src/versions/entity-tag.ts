import { invalidHeader } from '../errors/catalogue.js';
import type { ExpectedVersions } from './version.js';

/** RFC 9110, 8.8.3. */
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const TAGS = new RegExp(TAG, 'g');
const LIST = new RegExp(String.raw`^[\s,]*(?:${TAG}[ \t]*(?:,[\s,]*|$))+$`);
const WEAK = /^W\//;

/** One of ours, strong: digits in quotes. */
const OURS = /^"([1-9]\d{0,8})"$/;

export const entityTagOf = (version: number): string => `"${version}"`;

/**
 * What `If-Match` expects, by the strong comparison. A header that cannot be read is refused: to ignore it would be to
 * overwrite what the caller wanted to keep.
 */
export function expectedVersions(ifMatch: string | undefined): ExpectedVersions {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (!LIST.test(ifMatch)) throw invalidHeader('If-Match', "'*' or entity tags in quotes");
  return (ifMatch.match(TAGS) ?? [])
    .map((tag) => OURS.exec(tag)?.[1])
    .filter(Boolean)
    .map(Number);
}

/** Whether `If-None-Match` names the tag, by the weak comparison. What cannot be read names nothing. */
export const isNamed = (tag: string, ifNoneMatch: string): boolean =>
  ifNoneMatch.trim() === '*' || (ifNoneMatch.match(TAGS) ?? []).some((each) => each.replace(WEAK, '') === tag);
