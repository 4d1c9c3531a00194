import { Global, Module } from '@nestjs/common';
import { PruningService } from './pruning.service.js';

/** Global, as what it deletes is in several modules. */
@Global()
@Module({ providers: [PruningService], exports: [PruningService] })
export class PruningModule {}
