import type { Tenant } from '../auth/tenant.js';

/**
 * Two of a kind: one for tenants whose changes are recorded, who wait for one another's commits, and one for all
 * others, who are to have nothing to do with that.
 */
export class ByRecording<T> {
  private readonly recording: T;
  private readonly plain: T;

  constructor(make: (records: boolean) => T) {
    this.recording = make(true);
    this.plain = make(false);
  }

  of({ recordsEvents }: Tenant): T {
    return recordsEvents ? this.recording : this.plain;
  }
}

/** Who shares statements: those who record only with others of their project, whose commits they wait for anyway. */
export const partyOf =
  (records: boolean) =>
  ({ projectId }: { readonly projectId: string }): string | undefined =>
    records ? projectId : undefined;
