declare const OF: unique symbol;

/** JSON of a value. What the database has goes out as it came: to read and to write it again took a fifth of a list. */
export type Json<T> = string & { readonly [OF]: T };

/** What is known to be the JSON of a value. */
export function asJson<T>(text: string): Json<T>;
export function asJson(text: string): string {
  return text;
}

export function toJson<T>(value: T): Json<T>;
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

export function fromJson<T>(json: Json<T>): T {
  const value: T = JSON.parse(json);
  return value;
}
