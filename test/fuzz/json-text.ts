/** JSON that no JavaScript value is written as: `1e400`, `-0`, a hundred arrays in each other. */
export class Raw {
  constructor(readonly text: string) {}
}

/** As JSON.stringify, but with `Raw` written as it is and `__proto__` as any other key. */
export function jsonText(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${jsonText(each)}`)
    .join()}}`;
}
