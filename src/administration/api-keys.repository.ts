import { Injectable } from '@nestjs/common';
import { type Page, pageOf, type PageRequest } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { ProjectKey } from './project-key.js';

const KEY = { id: true, name: true, redacted: true, createdAt: true, lastUsedAt: true };

type KeyOfAccount = Omit<ProjectKey, 'serviceAccount'> & { readonly serviceAccountId: string };

/** Keys of a project, which every statement names. */
@Injectable()
export class ApiKeysRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(projectId: string, id: string): Promise<ProjectKey | null> {
    return this.prisma.apiKey.findUnique({
      where: { projectId_id: { projectId, id } },
      select: { ...KEY, serviceAccount: true },
    });
  }

  /** Newest first. The cursor must exist. */
  async page(projectId: string, request: PageRequest): Promise<Page<ProjectKey>> {
    const keys = await this.prisma.apiKey.findMany({
      where: { projectId },
      select: { ...KEY, serviceAccountId: true },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: request.limit + 1,
      ...(request.after && { cursor: { projectId_id: { projectId, id: request.after } }, skip: 1 }),
    });
    const { items, hasMore } = pageOf(keys, request);
    return { items: await this.withAccounts(projectId, items), hasMore };
  }

  /**
   * Adds the accounts. Prisma's own way asks for a list of projects and a list of accounts, each by itself, and would
   * find an account of the one project under the other. A key whose account was deleted since is gone with it.
   */
  private async withAccounts(projectId: string, keys: readonly KeyOfAccount[]): Promise<ProjectKey[]> {
    const accounts = await this.prisma.serviceAccount.findMany({
      where: { projectId, id: { in: keys.map(({ serviceAccountId }) => serviceAccountId) } },
    });
    const accountsById = new Map(accounts.map((account) => [account.id, account]));
    return keys.flatMap(({ serviceAccountId, ...key }) => {
      const serviceAccount = accountsById.get(serviceAccountId);
      return serviceAccount ? [{ ...key, serviceAccount }] : [];
    });
  }

  async delete(projectId: string, id: string): Promise<boolean> {
    const { count } = await this.prisma.apiKey.deleteMany({ where: { projectId, id } });
    return count === 1;
  }
}
