import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { vectorStoreNotFound } from '../errors/catalogue.js';
import { requireVectorStoreId } from '../ids/id.js';
import type { VectorStore } from './vector-store.js';
import { VectorStoresRepository } from './vector-stores.repository.js';

@Injectable()
export class VectorStoresService {
  constructor(private readonly stores: VectorStoresRepository) {}

  async get(tenant: Tenant, id: string): Promise<VectorStore> {
    requireVectorStoreId(id);
    const store = await this.stores.find(tenant, id);
    if (!store) throw vectorStoreNotFound(id);
    return store;
  }
}
