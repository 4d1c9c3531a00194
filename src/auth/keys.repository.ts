import { Injectable } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service.js';
import type { Caller } from './caller.js';

/** How exact `last_used_at` is: it is written at most once a minute and key. */
const LAST_USED_PRECISION_MS = 60_000;

interface StoredKey {
  readonly projectId: string;
  readonly keyId: string;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly recordsEvents: boolean;
}

/** A key as it is looked up: by its hash, since the key says which project it belongs to. */
@Injectable()
export class KeysRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Who a key stands for; undefined when it is unknown, expired or revoked. */
  async findCaller(hash: Uint8Array<ArrayBuffer>, now: Date): Promise<Caller | undefined> {
    return (await this.findProject(hash, now)) ?? (await this.findAdministrator(hash, now));
  }

  private async findProject(hash: Uint8Array<ArrayBuffer>, now: Date): Promise<Caller | undefined> {
    const [key] = await this.prisma.$queryRaw<StoredKey[]>`
      SELECT key.project_id AS "projectId", key.id AS "keyId", key.expires_at AS "expiresAt",
        key.last_used_at AS "lastUsedAt", coalesce(feed.is_open, false) AS "recordsEvents"
      FROM api_keys AS key LEFT JOIN event_feeds AS feed ON feed.project_id = key.project_id
      WHERE key.hash = ${hash}`;
    if (!key || (key.expiresAt !== null && key.expiresAt <= now)) return undefined;
    const { projectId, keyId, recordsEvents } = key;
    if (isStale(key.lastUsedAt, now)) {
      await this.prisma.apiKey.updateMany({ where: { projectId, id: keyId }, data: { lastUsedAt: now } });
    }
    return { kind: 'project', projectId, keyId, recordsEvents };
  }

  private async findAdministrator(hash: Uint8Array<ArrayBuffer>, now: Date): Promise<Caller | undefined> {
    const key = await this.prisma.adminApiKey.findUnique({ where: { hash } });
    if (!key) return undefined;
    if (isStale(key.lastUsedAt, now)) {
      await this.prisma.adminApiKey.updateMany({ where: { id: key.id }, data: { lastUsedAt: now } });
    }
    return { kind: 'administrator', keyId: key.id };
  }
}

const isStale = (lastUsedAt: Date | null, now: Date): boolean =>
  lastUsedAt === null || now.getTime() - lastUsedAt.getTime() > LAST_USED_PRECISION_MS;
