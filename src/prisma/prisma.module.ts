import { Global, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { Config } from '../config/config.js';
import { openPool } from './connection-pool.js';
import { PrismaService } from './prisma.service.js';

@Global()
@Module({
  providers: [PrismaService, { provide: Pool, useFactory: openPool, inject: [Config] }],
  exports: [PrismaService, Pool],
})
export class PrismaModule {}
