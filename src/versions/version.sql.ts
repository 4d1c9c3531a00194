import { Prisma } from '../generated/prisma/client.js';

/** The column of `ExpectedVersions` in a statement. */
export const EXPECTED_VERSIONS = { versions: 'int[]' } as const;

/** Is part of the statement that changes a row, so that of those who expect the same version one comes through. */
export const IS_EXPECTED_VERSION = Prisma.sql`(versions IS NULL OR version = ANY(versions))`;
