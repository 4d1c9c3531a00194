import type { Tenant } from '../auth/tenant.js';
import { Coalescer } from '../prisma/coalescer.js';
import type { Traits } from '../prisma/queue.js';
import type { SharedStatement } from '../prisma/shared-execution.js';

interface OfProject {
  readonly projectId: string;
}

/**
 * Two coalescers of a kind of change. Tenants whose changes are recorded wait for the commits of others of their project,
 * with whom alone they share statements; those of all others are to have nothing to do with that.
 */
export class ByRecording<Item extends OfProject, Result> {
  private readonly recording: Coalescer<Item, Result>;
  private readonly plain: Coalescer<Item, Result>;

  constructor(kind: string, statementBy: (records: boolean) => SharedStatement<Result>, traits: Traits<Item> = {}) {
    this.recording = new Coalescer(kind, statementBy(true), { ...traits, partyOf: ({ projectId }) => projectId });
    this.plain = new Coalescer(kind, statementBy(false), traits);
  }

  run({ recordsEvents, transaction }: Tenant, item: Item): Promise<Result> {
    return (recordsEvents ? this.recording : this.plain).run(item, transaction);
  }
}
