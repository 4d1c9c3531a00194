import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { ByRecording } from '../events/by-recording.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { type Direction, type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { Coalescer } from '../prisma/coalescer.js';
import { linesIn, type PageRow } from '../prisma/lines.js';
import { changedBy, doneBy, resultsBy } from '../prisma/outcomes.js';
import { PrismaService } from '../prisma/prisma.service.js';
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
    resultsBy(this.prisma, FIND, messageOf, () => null),
    { reads: true },
  );
  private readonly appends = new ByRecording<AppendedMessage, boolean>(
    'createMessage',
    (records) => doneBy(this.prisma, APPEND(records)),
    { keyOf: threadOf },
  );
  private readonly changes = new ByRecording<VersionKey & MetadataChange, StoredMessage | null>(
    'modifyMessage',
    (records) => changedBy(this.prisma, CHANGE(records), messageIn),
    { keyOf: threadOf, onceOf: nameOf },
  );
  private readonly deletes = new ByRecording<VersionKey, boolean>(
    'deleteMessage',
    (records) => doneBy(this.prisma, DELETE(records)),
    { keyOf: threadOf, onceOf: nameOf },
  );
  private readonly pages = this.pagesBy(false);
  private readonly pagesWithCursor = this.pagesBy(true);

  constructor(private readonly prisma: PrismaService) {}

  /**
   * Appends to a thread. The position is handed out by the same statement, which locks the thread: appends to one
   * thread line up, and one that meets a delete finds no thread. Null when there is no such thread.
   */
  async append(tenant: Tenant, threadId: string, message: NewMessage, createdAt: Date): Promise<StoredMessage | null> {
    const { projectId } = tenant;
    const appended = await this.appends.run(tenant, { projectId, threadId, createdAt, ...message });
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
    return this.changes.run(tenant, { projectId: tenant.projectId, threadId, id, versions, ...change });
  }

  /** Deletes a message and leaves its position behind for cursors. */
  delete(tenant: Tenant, threadId: string, id: string, versions: ExpectedVersions): Promise<boolean> {
    return this.deletes.run(tenant, { projectId: tenant.projectId, threadId, id, versions });
  }

  private pagesBy(hasCursor: boolean): Record<Direction, Pages> {
    const by = (direction: Direction): Pages =>
      new Coalescer(
        'listMessages',
        resultsBy(this.prisma, page(direction, hasCursor), storedPageOf, () => null),
        { reads: true },
      );
    return { ascending: by('ascending'), descending: by('descending') };
  }
}

const threadOf = ({ projectId, threadId }: ThreadKey): string => `${projectId}/${threadId}`;

const nameOf = ({ projectId, threadId, id }: Key): string => `${projectId}/${threadId}/${id}`;

const messageOf = ({ line }: Row): StoredMessage => messageIn(line);

/** Undefined when it is too large to be read with others. */
function storedPageOf({ found, lines, missing }: SliceRow, patient: boolean): StoredPage | Missing | undefined {
  if (missing !== null) return { missing };
  const messages = linesIn(lines).map(messageIn);
  const isCut = messages.length < found;
  return isCut && !patient ? undefined : { messages, isCut };
}
