import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { ByRecording } from '../events/by-recording.js';
import { recordingOf } from '../events/recording.sql.js';
import { Prisma } from '../generated/prisma/client.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { Coalescer } from '../prisma/coalescer.js';
import { linesIn, type PageRow } from '../prisma/lines.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { inOrder, type Numbered, type RowsStatement } from '../prisma/rows.js';
import type { ExpectedVersions } from '../versions/version.js';
import { deletionOf, LOCK_OF_RECORDER } from './message-events.sql.js';
import type { NewMessage } from './message.js';
import { APPEND, CHANGE, FIND, FIND_POSITION, page } from './messages.statements.js';
import { messageIn, type StoredMessage, storedMessage } from './stored-message.js';

/** Positions begin with 1, and are 32 bits wide. */
const FIRST_POSITION = 0;
const LAST_POSITION = 2 ** 31 - 1;

interface ThreadKey {
  readonly projectId: string;
  readonly threadId: string;
}

interface Key extends ThreadKey {
  readonly id: string;
}

interface VersionKey extends Key {
  readonly versions: ExpectedVersions;
}

type AppendedMessage = NewMessage & ThreadKey & { readonly createdAt: Date };

interface Slice {
  readonly projectId: string;
  readonly thread: string;
  /** Positions, exclusive. */
  readonly above: number;
  readonly below: number;
  readonly count: number;
}

interface StoredPage {
  readonly messages: readonly StoredMessage[];
  /** Whether there would be more, but for the size of the page. */
  readonly isCut: boolean;
}

/** A row with a message. */
interface Row {
  readonly line: string;
}

/** Messages of a thread of a project. Every statement names both; one for several requests names those of each. */
@Injectable()
export class MessagesRepository {
  private readonly finds = new Coalescer<Key, StoredMessage | null>(
    'getMessage',
    async (rows, patient, transaction) =>
      inOrder(rows, await this.prisma.rows<Numbered<Row>>(FIND(rows, patient), transaction), null, messageOf),
    { reads: true },
  );
  private readonly positions = new Coalescer<Key, number | null>(
    'findMessagePosition',
    async (rows, patient) => {
      const found = await this.prisma.rows<Numbered<{ position: number }>>(FIND_POSITION(rows, patient));
      return inOrder(rows, found, null, ({ position }) => position);
    },
    { reads: true },
  );
  private readonly appends = new ByRecording((records) => this.appendsBy(APPEND(records)));
  private readonly changes = new ByRecording((records) => this.changesBy(CHANGE(records)));
  private readonly pages = {
    ascending: this.pagesBy(page(Prisma.sql`ASC`)),
    descending: this.pagesBy(page(Prisma.sql`DESC`)),
  };

  constructor(private readonly prisma: PrismaService) {}

  /**
   * Appends to a thread. The position is handed out by the same statement, which locks the thread: appends to one
   * thread line up, and one that meets a delete finds no thread. Null when there is no such thread.
   */
  async append(tenant: Tenant, threadId: string, message: NewMessage, createdAt: Date): Promise<StoredMessage | null> {
    const { projectId, transaction } = tenant;
    const appended = await this.appends.of(tenant).run({ projectId, threadId, createdAt, ...message }, transaction);
    return appended ? storedMessage(message, threadId, createdAt) : null;
  }

  find({ projectId, transaction }: Tenant, threadId: string, id: string): Promise<StoredMessage | null> {
    return this.finds.run({ projectId, threadId, id }, transaction);
  }

  async hasThread({ projectId, transaction }: Tenant, threadId: string): Promise<boolean> {
    const row = await (transaction ?? this.prisma).thread.findUnique({
      where: { projectId_id: { projectId, id: threadId } },
      select: { id: true },
    });
    return row !== null;
  }

  /** The position of a message, or of one that was deleted from the thread; null when it never was there. */
  position({ projectId }: Tenant, threadId: string, id: string): Promise<number | null> {
    return this.positions.run({ projectId, threadId, id });
  }

  /** A page of the thread, cursors given as positions. Null when there is no such thread. */
  async page(
    { projectId }: Tenant,
    threadId: string,
    request: PageRequest,
    after: number | undefined,
    before: number | undefined,
  ): Promise<Page<StoredMessage> | null> {
    const { above = FIRST_POSITION, below = LAST_POSITION, ascending } = sliceOf(request, after, before);
    const pages = ascending ? this.pages.ascending : this.pages.descending;
    const slice = { projectId, thread: threadId, above, below, count: request.limit + 1 };
    const found = await pages.run(slice);
    return found && { ...pageOf(found.messages, request), ...(found.isCut && { hasMore: true }) };
  }

  /**
   * Changes metadata in place. Null when there is no such message, when it has none of the versions, or when the
   * result would exceed the limit.
   */
  changeMetadata(
    tenant: Tenant,
    threadId: string,
    id: string,
    versions: ExpectedVersions,
    change: MetadataChange,
  ): Promise<StoredMessage | null> {
    const { projectId, transaction } = tenant;
    return this.changes.of(tenant).run({ projectId, threadId, id, versions, ...change }, transaction);
  }

  /**
   * Deletes a message and leaves its position behind for cursors. The thread is locked first, as a delete of the
   * whole thread does: the other way round the two could wait for each other.
   */
  async delete(tenant: Tenant, threadId: string, id: string, versions: ExpectedVersions): Promise<boolean> {
    const { projectId, recordsEvents } = tenant;
    const count = await this.prisma.$executeRaw`
      WITH thread AS (
        SELECT project_id, id FROM threads WHERE project_id = ${projectId} AND id = ${threadId}
        ${recordsEvents ? LOCK_OF_RECORDER : Prisma.sql`FOR KEY SHARE`}
      ), deleted AS (
        DELETE FROM messages USING thread
        WHERE messages.project_id = ${projectId} AND messages.thread_id = thread.id AND messages.id = ${id}
          AND (${versions ?? null}::int[] IS NULL OR version = ANY(${versions ?? null}::int[]))
        RETURNING messages.position
      )${recordsEvents ? recordingOf(deletionOf(projectId, threadId, id)) : Prisma.empty}
      INSERT INTO message_tombstones (project_id, thread_id, id, position)
      SELECT ${projectId}, ${threadId}, ${id}, position FROM deleted`;
    return count === 1;
  }

  private appendsBy(append: RowsStatement): Coalescer<AppendedMessage, boolean> {
    return new Coalescer(
      'createMessage',
      async (rows, patient, transaction) => {
        const appended = await this.prisma.rows<Numbered<object>>(append(rows, patient), transaction);
        return inOrder(rows, appended, patient ? false : undefined, () => true);
      },
      { keyOf: ({ projectId, threadId }) => `${projectId}/${threadId}` },
    );
  }

  private changesBy(change: RowsStatement): Coalescer<VersionKey & MetadataChange, StoredMessage | null> {
    return new Coalescer(
      'modifyMessage',
      async (rows, patient, transaction) => {
        const changed = await this.prisma.rows<Numbered<Row>>(change(rows, patient), transaction);
        return inOrder(rows, changed, patient ? null : undefined, messageOf);
      },
      { keyOf: ({ projectId, threadId, id }) => `${projectId}/${threadId}/${id}` },
    );
  }

  private pagesBy(statement: RowsStatement): Coalescer<Slice, StoredPage | null> {
    return new Coalescer(
      'listMessages',
      async (rows, patient) => {
        const pages = await this.prisma.rows<Numbered<PageRow>>(statement(rows, patient));
        return inOrder(rows, pages, null, (found) => storedPageOf(found, patient));
      },
      { reads: true },
    );
  }
}

const messageOf = ({ line }: Row): StoredMessage => messageIn(line);

/** Undefined when it is too large to be read with others. */
function storedPageOf({ found, lines }: PageRow, patient: boolean): StoredPage | undefined {
  const messages = linesIn(lines).map(messageIn);
  const isCut = messages.length < found;
  return isCut && !patient ? undefined : { messages, isCut };
}
