import { Injectable } from '@nestjs/common';
import type { Prisma } from '../generated/prisma/client.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { DEFAULT_PROJECT_ID } from './project.js';
import type { StoredKey } from './project-key.js';
import { DEFAULT_ACCOUNT_ID } from './service-account.js';

/** Any number, the same in every server: whoever holds this lock prepares the installation. */
const INSTALLATION_LOCK = 7_307_199;

/** Long enough to wait for another server that prepares the same database. */
const TIMEOUT_MS = 30_000;

/** What an installation has before anyone asks for it. Everything here may be done twice without effect. */
@Injectable()
export class InstallationRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Runs `prepare` in a transaction that one server at a time is in. */
  async exclusively<T>(prepare: (transaction: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return this.prisma.$transaction(
      async (transaction) => {
        await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${INSTALLATION_LOCK})`;
        return prepare(transaction);
      },
      { timeout: TIMEOUT_MS },
    );
  }

  async hasAdminKey(transaction: Prisma.TransactionClient): Promise<boolean> {
    return (await transaction.adminApiKey.count()) > 0;
  }

  async ensureDefaultProject(transaction: Prisma.TransactionClient): Promise<void> {
    const createdAt = new Date();
    await transaction.project.createMany({
      data: { id: DEFAULT_PROJECT_ID, name: 'Default project', residency: 'GLOBAL', createdAt },
      skipDuplicates: true,
    });
    await transaction.serviceAccount.createMany({
      data: { projectId: DEFAULT_PROJECT_ID, id: DEFAULT_ACCOUNT_ID, name: 'Default', role: 'member', createdAt },
      skipDuplicates: true,
    });
  }

  async ensureProjectKey(transaction: Prisma.TransactionClient, key: StoredKey): Promise<void> {
    await transaction.apiKey.createMany({
      data: { ...key, projectId: DEFAULT_PROJECT_ID, serviceAccountId: DEFAULT_ACCOUNT_ID },
      skipDuplicates: true,
    });
  }

  async ensureAdminKey(transaction: Prisma.TransactionClient, key: StoredKey): Promise<void> {
    const { id, hash, redacted, createdAt } = key;
    await transaction.adminApiKey.createMany({
      data: { id, hash, redacted, createdAt },
      skipDuplicates: true,
    });
  }
}
