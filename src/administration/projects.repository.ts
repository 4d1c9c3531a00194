import { Injectable } from '@nestjs/common';
import { type Page, pageOf, type PageRequest } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { Project } from './project.js';

/** Not Prisma's own cursor: it loses a row when the project it names has been archived since. */
const comesAfter = ({ createdAt, id }: Project) => ({
  OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }],
});

@Injectable()
export class ProjectsRepository {
  constructor(private readonly prisma: PrismaService) {}

  async insert(project: Project): Promise<void> {
    await this.prisma.project.create({ data: project });
  }

  async find(id: string): Promise<Project | null> {
    return this.prisma.project.findUnique({ where: { id } });
  }

  /** Newest first. */
  async page(request: PageRequest, after: Project | undefined, includesArchived: boolean): Promise<Page<Project>> {
    const projects = await this.prisma.project.findMany({
      where: { ...(after && comesAfter(after)), ...(!includesArchived && { archivedAt: null }) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: request.limit + 1,
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
