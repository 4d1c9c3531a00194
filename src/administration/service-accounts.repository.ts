import { Injectable } from '@nestjs/common';
import { type Page, pageOf, type PageRequest } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { StoredKey } from './project-key.js';
import type { ServiceAccount } from './service-account.js';

const ACCOUNT = { id: true, name: true, role: true, createdAt: true };

/** Service accounts of a project, which every statement names. */
@Injectable()
export class ServiceAccountsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Stores an account together with its first key; false when the project is archived. The project is locked, so that
   * archiving it either comes first or takes this account away too.
   */
  async insert(projectId: string, account: ServiceAccount, key: StoredKey | null): Promise<boolean> {
    return this.prisma.$transaction(async (transaction) => {
      const active = await transaction.$queryRaw<unknown[]>`
        SELECT id FROM projects WHERE id = ${projectId} AND archived_at IS NULL FOR SHARE`;
      if (active.length === 0) return false;
      await transaction.serviceAccount.create({
        data: { ...account, projectId, ...(key && { apiKeys: { create: key } }) },
      });
      return true;
    });
  }

  async find(projectId: string, id: string): Promise<ServiceAccount | null> {
    return this.prisma.serviceAccount.findUnique({ where: { projectId_id: { projectId, id } }, select: ACCOUNT });
  }

  /** Newest first. The cursor must exist. */
  async page(projectId: string, request: PageRequest): Promise<Page<ServiceAccount>> {
    const accounts = await this.prisma.serviceAccount.findMany({
      where: { projectId },
      select: ACCOUNT,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: request.limit + 1,
      ...(request.after && { cursor: { projectId_id: { projectId, id: request.after } }, skip: 1 }),
    });
    return pageOf(accounts, request);
  }

  async update(projectId: string, id: string, change: { name?: string; role?: string }): Promise<boolean> {
    const { count } = await this.prisma.serviceAccount.updateMany({ where: { projectId, id }, data: change });
    return count === 1;
  }

  /** Deletes an account and its keys. */
  async delete(projectId: string, id: string): Promise<boolean> {
    const { count } = await this.prisma.serviceAccount.deleteMany({ where: { projectId, id } });
    return count === 1;
  }
}
