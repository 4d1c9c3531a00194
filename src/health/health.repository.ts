import { Injectable } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service.js';

@Injectable()
export class HealthRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The names of the migrations that were applied. Throws when the database cannot be reached. */
  async appliedMigrations(): Promise<string[]> {
    const [{ exists }] = await this.prisma.$queryRaw<[{ exists: boolean }]>`
      SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`;
    if (!exists) return [];
    const rows = await this.prisma.$queryRaw<{ migration_name: string }[]>`
      SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
    return rows.map(({ migration_name }) => migration_name);
  }

  /** Whether the first start has made what every installation has, which it does in one transaction. */
  async isInstalled(): Promise<boolean> {
    return (await this.prisma.project.findFirst({ select: { id: true } })) !== null;
  }
}
