import type { ApiError } from '../errors/api-error.js';
import { invalidType, propertyNameTooLong, tooManyProperties } from '../errors/catalogue.js';
import { type Check, codePoints, isObject, joinPath, textProblem } from '../validation/check.js';

/** Up to 16 pairs of strings that a caller keeps with an object. */
export type Metadata = Readonly<Record<string, string>>;

/** The limits of OpenAI's API; lengths in code points. */
export const MAX_METADATA_PAIRS = 16;
export const MAX_METADATA_KEY = 64;
export const MAX_METADATA_VALUE = 512;

const metadataOf =
  (valueProblem: Check): Check =>
  (value, path) => {
    if (!isObject(value)) return invalidType(path, 'an object', value);
    const keys = Object.keys(value);
    const pairs = keys.filter((key) => value[key] !== null).length;
    if (pairs > MAX_METADATA_PAIRS) return tooManyProperties(path, MAX_METADATA_PAIRS, pairs);
    for (const key of keys) {
      const problem = keyProblem(key, path) ?? valueProblem(value[key], joinPath(path, key));
      if (problem) return problem;
    }
    return null;
  };

function keyProblem(key: string, path: string): ApiError | null {
  const problem = textProblem(key, joinPath(path, key), Infinity);
  if (problem) return problem;
  const length = codePoints(key);
  return length > MAX_METADATA_KEY ? propertyNameTooLong(path, key, MAX_METADATA_KEY, length) : null;
}

const valueProblem: Check = (value, path) =>
  typeof value === 'string' ? textProblem(value, path, MAX_METADATA_VALUE) : invalidType(path, 'a string', value);

export const metadata: Check = metadataOf(valueProblem);

/** A merge patch (RFC 7396) of metadata: null removes a key. */
export const metadataPatch: Check = metadataOf((value, path) => (value === null ? null : valueProblem(value, path)));
