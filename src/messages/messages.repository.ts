import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { ByRecording, partyOf } from '../events/by-recording.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { type Direction, type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { Coalescer } from '../prisma/coalescer.js';
import { linesIn, type PageRow } from '../prisma/lines.js';
import { PrismaService } from '../prisma/prisma.service.js';
import {
  type ChangedRow,
  changesOf,
  inOrder,
  type Numbered,
  type Outcome,
  outcomesOf,
  type RowsStatement,
} from '../prisma/rows.js';
import type { ExpectedVersions } from '../versions/version.js';
import type { NewMessage } from './message.js';
import { APPEND, CHANGE, DELETE, FIND, page } from './messages.statements.js';
import { messageIn, type StoredMessage, storedMessage } from './stored-message.js';

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
  /** Ids of messages, exclusive. */
  readonly above: string | undefined;
  readonly below: string | undefined;
  readonly count: number;
}

/** A cursor that is not there. */
interface Missing {
  readonly missing: string;
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

interface SliceRow extends PageRow {
  readonly missing: string | null;
}

type Pages = Coalescer<Slice, StoredPage | Missing | null>;

/** Messages of a thread of a project. Every statement names both; one for several requests names those of each. */
@Injectable()
export class MessagesRepository {
  private readonly finds = new Coalescer<Key, StoredMessage | null>(
    'getMessage',
    async (rows, patient, transaction) =>
      inOrder(rows, await this.prisma.rows<Numbered<Row>>(FIND(rows, patient), transaction), null, messageOf),
    { reads: true },
  );
  private readonly appends = new ByRecording((records) => this.appendsBy(records));
  private readonly changes = new ByRecording((records) => this.changesBy(records));
  private readonly deletes = new ByRecording((records) => this.deletesBy(records));
  private readonly pages = this.pagesBy(false);
  private readonly pagesWithCursor = this.pagesBy(true);

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

  /** A page of the thread. A cursor may be a message that was deleted from it. Null when there is no such thread. */
  async page(
    { projectId }: Tenant,
    threadId: string,
    request: PageRequest,
  ): Promise<Page<StoredMessage> | Missing | null> {
    const { above, below, direction } = sliceOf(request, request.after, request.before);
    const pages = above === undefined && below === undefined ? this.pages : this.pagesWithCursor;
    const found = await pages[direction].run({
      projectId,
      thread: threadId,
      above,
      below,
      count: request.limit + 1,
    });
    if (found === null || 'missing' in found) return found;
    return { ...pageOf(found.messages, request), ...(found.isCut && { hasMore: true }) };
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

  /** Deletes a message and leaves its position behind for cursors. */
  delete(tenant: Tenant, threadId: string, id: string, versions: ExpectedVersions): Promise<boolean> {
    const { projectId, transaction } = tenant;
    return this.deletes.of(tenant).run({ projectId, threadId, id, versions }, transaction);
  }

  private appendsBy(records: boolean): Coalescer<AppendedMessage, boolean> {
    const append = APPEND(records);
    return new Coalescer(
      'createMessage',
      async (rows, patient, transaction) => {
        const appended = await this.prisma.rows<Numbered<Outcome>>(append(rows, patient), transaction);
        return outcomesOf(rows, appended, patient);
      },
      {
        keyOf: ({ projectId, threadId }) => `${projectId}/${threadId}`,
        sharesKey: true,
        partyOf: partyOf(records),
      },
    );
  }

  private changesBy(records: boolean): Coalescer<VersionKey & MetadataChange, StoredMessage | null> {
    const change = CHANGE(records);
    return new Coalescer(
      'modifyMessage',
      async (rows, patient, transaction) => {
        const changed = await this.prisma.rows<Numbered<ChangedRow>>(change(rows, patient), transaction);
        return changesOf(rows, changed, patient, messageIn);
      },
      { keyOf: nameOf, partyOf: partyOf(records) },
    );
  }

  private deletesBy(records: boolean): Coalescer<VersionKey, boolean> {
    const remove = DELETE(records);
    return new Coalescer(
      'deleteMessage',
      async (rows, patient, transaction) => {
        const deleted = await this.prisma.rows<Numbered<Outcome>>(remove(rows, patient), transaction);
        return outcomesOf(rows, deleted, patient);
      },
      { keyOf: nameOf, partyOf: partyOf(records) },
    );
  }

  private pagesBy(hasCursor: boolean): Record<Direction, Pages> {
    const by = (statement: RowsStatement): Pages =>
      new Coalescer(
        'listMessages',
        async (rows, patient) => {
          const pages = await this.prisma.rows<Numbered<SliceRow>>(statement(rows, patient));
          return inOrder(rows, pages, null, (found) => storedPageOf(found, patient));
        },
        { reads: true },
      );
    return { ascending: by(page('ascending', hasCursor)), descending: by(page('descending', hasCursor)) };
  }
}

const nameOf = ({ projectId, threadId, id }: Key): string => `${projectId}/${threadId}/${id}`;

const messageOf = ({ line }: Row): StoredMessage => messageIn(line);

/** Undefined when it is too large to be read with others. */
function storedPageOf({ found, lines, missing }: SliceRow, patient: boolean): StoredPage | Missing | undefined {
  if (missing !== null) return { missing };
  const messages = linesIn(lines).map(messageIn);
  const isCut = messages.length < found;
  return isCut && !patient ? undefined : { messages, isCut };
}
