import { Injectable } from '@nestjs/common';
import { type Page, pageOf, type PageRequest } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { ProjectKey } from './project-key.js';

const KEY = { id: true, name: true, redacted: true, createdAt: true, lastUsedAt: true, serviceAccount: true };

/** Keys of a project, which every statement names. */
@Injectable()
export class ApiKeysRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(projectId: string, id: string): Promise<ProjectKey | null> {
    return this.prisma.apiKey.findUnique({ where: { projectId_id: { projectId, id } }, select: KEY });
  }

  /** Newest first. The cursor must exist. */
  async page(projectId: string, request: PageRequest): Promise<Page<ProjectKey>> {
    const keys = await this.prisma.apiKey.findMany({
      where: { projectId },
      select: KEY,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: request.limit + 1,
      ...(request.after && { cursor: { projectId_id: { projectId, id: request.after } }, skip: 1 }),
    });
    return pageOf(keys, request);
  }

  async delete(projectId: string, id: string): Promise<boolean> {
    const { count } = await this.prisma.apiKey.deleteMany({ where: { projectId, id } });
    return count === 1;
  }
}
