declare const OF: unique symbol;

/** JSON of a value, as the database has it. It goes out as it came: to read and to write it again took a fifth of a list. */
export type Json<T> = string & { readonly [OF]: T };

export function toJson<T>(value: T): Json<T>;
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

export function fromJson<T>(json: Json<T>): T {
  const value: T = JSON.parse(json);
  return value;
}
