import { Injectable } from '@nestjs/common';
import { type Page, pageOf, type PageRequest } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { Project } from './project.js';

@Injectable()
export class ProjectsRepository {
  constructor(private readonly prisma: PrismaService) {}

  async insert(project: Project): Promise<void> {
    await this.prisma.project.create({ data: project });
  }

  async find(id: string): Promise<Project | null> {
    return this.prisma.project.findUnique({ where: { id } });
  }

  /** Newest first. The cursor must exist. */
  async page(request: PageRequest, includesArchived: boolean): Promise<Page<Project>> {
    const projects = await this.prisma.project.findMany({
      where: includesArchived ? {} : { archivedAt: null },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: request.limit + 1,
      ...(request.after && { cursor: { id: request.after }, skip: 1 }),
    });
    return pageOf(projects, request);
  }

  /** Updates a project that is not archived; false when there is none. */
  async update(id: string, change: { name?: string; externalKeyId?: string | null }): Promise<boolean> {
    const { count } = await this.prisma.project.updateMany({ where: { id, archivedAt: null }, data: change });
    return count === 1;
  }

  /** Archives a project and revokes its keys, together. */
  async archive(id: string, archivedAt: Date): Promise<void> {
    await this.prisma.$transaction([
      this.prisma.project.updateMany({ where: { id, archivedAt: null }, data: { archivedAt } }),
      this.prisma.serviceAccount.deleteMany({ where: { projectId: id } }),
    ]);
  }
}
