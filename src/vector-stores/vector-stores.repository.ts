import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { VectorStore } from './vector-store.js';

@Injectable()
export class VectorStoresRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The files are counted where they are: a store may name a hundred thousand of them. */
  async find({ projectId }: Tenant, id: string): Promise<VectorStore | null> {
    const [store] = await this.prisma.$queryRaw<VectorStore[]>`
      SELECT id, created_at AS "createdAt", json_array_length(file_ids) AS "fileCount", metadata
      FROM vector_stores WHERE project_id = ${projectId} AND id = ${id}`;
    return store ?? null;
  }
}
