import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { ByRecording } from '../events/by-recording.js';
import type { Prisma } from '../generated/prisma/client.js';
import { sizeOf } from '../messages/message-content.js';
import type { NewMessage } from '../messages/message.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { type Direction, type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { Coalescer } from '../prisma/coalescer.js';
import { linesIn, type PageRow } from '../prisma/lines.js';
import { changedBy, doneBy, resultsBy } from '../prisma/outcomes.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { rowOf, type RowsStatement } from '../prisma/rows.js';
import type { SharedStatement } from '../prisma/shared-execution.js';
import { Turns } from '../prisma/turns.js';
import type { ExpectedVersions } from '../versions/version.js';
import type { NewVectorStore } from '../vector-stores/vector-store.js';
import { type StoredThread, threadIn } from './stored-thread.js';
import { PAGES, PAGES_WITH_ALL_PAIRS, PAGES_WITH_ONE_PAIR, type Pages } from './thread-list.sql.js';
import { type Part, partOf } from './thread-part.sql.js';
import type { NewThread, ThreadFilter, ThreadPosition } from './thread.js';
import {
  CHANGE,
  DELETE,
  FIND,
  FIND_POSITION,
  INSERT,
  INSERT_MORE_MESSAGES,
  RECORD_CREATION,
} from './threads.statements.js';
import type { ToolResourcesChange } from './tool-resources.js';

const INSERT_ALONE = INSERT(false);

/** In characters of all messages. */
const LARGE = 1024 * 1024;

/** How many of what takes long and shares no statement are under way at once, so that connections are left for all others. */
const MAX_SLOW = 3;

interface Key {
  readonly projectId: string;
  readonly id: string;
}

interface VersionKey extends Key {
  readonly versions: ExpectedVersions;
}

interface InsertedThread extends NewThread {
  readonly projectId: string;
  readonly count: number;
  readonly messages: readonly NewMessage[];
  readonly vectorStores: readonly NewVectorStore[];
}

interface Change extends VersionKey, MetadataChange {
  readonly tools: ToolResourcesChange;
}

/** A row with a thread. */
interface Row {
  readonly line: string;
}

type ThreadPages = Coalescer<Part, readonly StoredThread[]>;

const nameOf = ({ projectId, id }: Key): string => `${projectId}/${id}`;

const positionOf = ({ createdAt, id }: ThreadPosition): ThreadPosition => ({ createdAt, id });

const threadOf = ({ line }: Row): StoredThread => threadIn(line);

/** Undefined when they are too large to be read with others. */
function threadsOf({ found, lines }: PageRow): readonly StoredThread[] | undefined {
  const threads = linesIn(lines).map(threadIn);
  return threads.length < found ? undefined : threads;
}

/** Threads of a project. Every statement names it; one for several requests names the project of each. */
@Injectable()
export class ThreadsRepository {
  private readonly finds = new Coalescer<Key, StoredThread | null>(
    'getThread',
    resultsBy(this.prisma, FIND, threadOf, () => null),
    {
      reads: true,
    },
  );
  private readonly positions = new Coalescer<Key, ThreadPosition | null>(
    'findThreadPosition',
    resultsBy(this.prisma, FIND_POSITION, positionOf, () => null),
    { reads: true },
  );
  private readonly inserts = new ByRecording<InsertedThread, true>('createThread', (records) =>
    this.insertedBy(records),
  );
  private readonly changes = new ByRecording<Change, StoredThread | null>(
    'modifyThread',
    (records) => changedBy(this.prisma, CHANGE(records), threadIn),
    { keyOf: nameOf, onceOf: nameOf },
  );
  private readonly deletes = new ByRecording<VersionKey, boolean>(
    'deleteThread',
    (records) => doneBy(this.prisma, DELETE(records)),
    { keyOf: nameOf, onceOf: nameOf },
  );

  private readonly pages = this.pagesBy(PAGES);
  private readonly pagesWithOnePair = this.pagesBy(PAGES_WITH_ONE_PAIR);

  private readonly largeInserts = new Turns(MAX_SLOW, 'Other large threads came first.');
  private readonly filters = new Turns(MAX_SLOW, 'Other filters by several pairs came first.');

  constructor(private readonly prisma: PrismaService) {}

  /**
   * Stores a thread, its first messages and its vector stores: all of them or none. Several messages that are large
   * together are written one by one: to encode 33 MB at once would hold everybody up.
   */
  async insert(
    tenant: Tenant,
    thread: NewThread,
    messages: readonly NewMessage[],
    vectorStores: readonly NewVectorStore[],
  ): Promise<void> {
    const { projectId, transaction } = tenant;
    const count = messages.length;
    if (count < 2 || messages.reduce((size, { content }) => size + sizeOf(content), 0) <= LARGE) {
      await this.inserts.run(tenant, { projectId, ...thread, count, messages, vectorStores });
      return;
    }
    // Who brings a transaction has had a turn for it.
    if (transaction) return this.insertLarge(transaction, tenant, thread, messages, vectorStores);
    await this.largeInserts.take(Symbol(), () =>
      this.prisma.inTransaction((client) => this.insertLarge(client, tenant, thread, messages, vectorStores)),
    );
  }

  find({ projectId, transaction }: Tenant, id: string): Promise<StoredThread | null> {
    return this.finds.run({ projectId, id }, transaction);
  }

  /** The place of a thread in the list, or of one that was deleted; null when the project never had it. */
  position({ projectId }: Tenant, id: string): Promise<ThreadPosition | null> {
    return this.positions.run({ projectId, id });
  }

  /** A page of the project's threads, cursors given as positions. */
  async page(
    { projectId }: Tenant,
    filter: ThreadFilter,
    request: PageRequest,
    after: ThreadPosition | undefined,
    before: ThreadPosition | undefined,
  ): Promise<Page<StoredThread>> {
    const slice = sliceOf(request, after, before);
    const part = partOf(projectId, filter, slice, request.limit + 1);
    return pageOf(await this.threadsIn(part, slice.direction), request);
  }

  /**
   * Changes a thread in place. Null when there is no such thread, when it has none of the versions, or when its
   * metadata would exceed the limit.
   */
  change(
    tenant: Tenant,
    id: string,
    versions: ExpectedVersions,
    metadata: MetadataChange,
    tools: ToolResourcesChange,
  ): Promise<StoredThread | null> {
    return this.changes.run(tenant, { projectId: tenant.projectId, id, versions, ...metadata, tools });
  }

  /** Deletes a thread with its messages, and leaves its place in the list behind for cursors. */
  delete(tenant: Tenant, id: string, versions: ExpectedVersions): Promise<boolean> {
    return this.deletes.run(tenant, { projectId: tenant.projectId, id, versions });
  }

  private async insertLarge(
    client: Prisma.TransactionClient,
    { projectId, recordsEvents }: Tenant,
    thread: NewThread,
    messages: readonly NewMessage[],
    vectorStores: readonly NewVectorStore[],
  ): Promise<void> {
    const run = (statement: RowsStatement, item: object): Promise<unknown> =>
      this.prisma.rows(statement([rowOf({ projectId, id: thread.id, ...item })], true), client);
    await run(INSERT_ALONE, { ...thread, count: messages.length, messages: [], vectorStores });
    for (const [position, message] of messages.entries()) {
      await run(INSERT_MORE_MESSAGES, { createdAt: thread.createdAt, position, messages: [message] });
    }
    // At the end: from here on others of the project who record wait for the commit.
    if (recordsEvents) await run(RECORD_CREATION, { messages: messages.map(({ id }) => ({ id })) });
  }

  private async threadsIn(part: Part, direction: Direction): Promise<readonly StoredThread[]> {
    const pairs = Object.keys(part.pairs).length;
    if (pairs > 1) return this.threadsWithAll(part, direction);
    const pages = pairs === 0 ? this.pages : this.pagesWithOnePair;
    return pages[direction].run(part);
  }

  /** How long it takes depends on the pairs: it shares no statement, and nobody waits for it. */
  private async threadsWithAll(part: Part, direction: Direction): Promise<readonly StoredThread[]> {
    const read = this.pagesOf(PAGES_WITH_ALL_PAIRS[direction]);
    const [threads] = await this.filters.take(Symbol(), () => read([rowOf(part)], true));
    return threads!;
  }

  private pagesBy(statements: Pages): Record<Direction, ThreadPages> {
    const by = (statement: RowsStatement): ThreadPages =>
      new Coalescer('listThreads', this.pagesOf(statement), { reads: true });
    return { ascending: by(statements.ascending), descending: by(statements.descending) };
  }

  /** There is one for each part. */
  private pagesOf(statement: RowsStatement): SharedStatement<readonly StoredThread[]> {
    return resultsBy(this.prisma, statement, threadsOf, () => undefined);
  }

  private insertedBy(records: boolean): SharedStatement<true> {
    const insert = INSERT(records);
    return async (rows, patient, transaction) => {
      await this.prisma.rows(insert(rows, patient), transaction);
      return rows.map(() => true);
    };
  }
}
