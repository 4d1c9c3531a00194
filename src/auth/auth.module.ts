import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { KeyGuard } from './key.guard.js';
import { KeysRepository } from './keys.repository.js';
import { KeysService } from './keys.service.js';
import { WrongKeys } from './wrong-keys.js';

@Module({
  providers: [KeysRepository, KeysService, WrongKeys, KeyGuard, { provide: APP_GUARD, useExisting: KeyGuard }],
  exports: [KeysService],
})
export class AuthModule {}
