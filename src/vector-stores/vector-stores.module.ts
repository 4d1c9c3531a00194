import { Module } from '@nestjs/common';
import { VectorStoresController } from './vector-stores.controller.js';
import { VectorStoresRepository } from './vector-stores.repository.js';
import { VectorStoresService } from './vector-stores.service.js';

@Module({ controllers: [VectorStoresController], providers: [VectorStoresService, VectorStoresRepository] })
export class VectorStoresModule {}
