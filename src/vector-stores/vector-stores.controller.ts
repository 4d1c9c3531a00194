import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import { malformedId, vectorStoreNotFound } from '../errors/catalogue.js';
import { PROJECT_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { VectorStoreDto } from './dto/vector-store.dto.js';
import { VectorStoresService } from './vector-stores.service.js';

@ApiTags('Vector stores')
@ApiBearerAuth(PROJECT_KEY)
@Controller('vector_stores')
export class VectorStoresController {
  constructor(private readonly stores: VectorStoresService) {}

  @Get(':vector_store_id')
  @Operation({
    id: 'getVectorStore',
    summary: 'Reads the record of a vector store that was made with a thread.',
    answer: VectorStoreDto,
    example: VectorStoreDto.from({ id: 'vs_abc123', createdAt: new Date('2023-11-04'), fileCount: 1, metadata: {} }),
    refusals: [malformedId('vector_store_id', 'undefined', 'vs'), vectorStoreNotFound('vs_abc123')],
  })
  async get(@CurrentTenant() tenant: Tenant, @Param('vector_store_id') id: string): Promise<VectorStoreDto> {
    return VectorStoreDto.from(await this.stores.get(tenant, id));
  }
}
