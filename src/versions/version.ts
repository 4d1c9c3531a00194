/** The version that something is made with; each change adds one. */
export const FIRST_VERSION = 1;

/** The versions of which a caller will have one changed; undefined when any may be. */
export type ExpectedVersions = readonly number[] | undefined;

export const isExpected = (version: number, versions: ExpectedVersions): boolean =>
  versions === undefined || versions.includes(version);
