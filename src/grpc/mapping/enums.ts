const UNSPECIFIED = 'UNSPECIFIED';

/** `ROLE_USER` is `user`, and what is not specified is absent. A number without a name stays what it is. */
export function wordOf(value: string | number, prefix: string): string | undefined {
  const name = String(value).replace(prefix, '');
  return name === UNSPECIFIED ? undefined : name.toLowerCase();
}
