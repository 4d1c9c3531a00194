import { newId } from '../ids/id.js';

export const RESIDENCIES = [
  'GLOBAL',
  'US_STORAGE_PROCESSING',
  'EU_STORAGE_PROCESSING',
  'JP_STORAGE',
  'KR_STORAGE',
  'CA_STORAGE',
  'SG_STORAGE',
  'IN_STORAGE',
  'AU_STORAGE',
  'GB_STORAGE',
  'AE_STORAGE',
  'AE_STORAGE_PROCESSING',
] as const;

/** The project that every installation has. Its id is fixed, so that servers that start at once make one. */
export const DEFAULT_PROJECT_ID = 'proj_00000000000000000default';

/** A tenant. */
export interface Project {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly archivedAt: Date | null;
  readonly externalKeyId: string | null;
  readonly residency: string;
}

export const newProject = (name: string, externalKeyId: string | null, residency: string): Project => {
  const createdAt = new Date();
  return { id: newId('proj_', createdAt), name, createdAt, archivedAt: null, externalKeyId, residency };
};
