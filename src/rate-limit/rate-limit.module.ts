import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RateLimitRepository } from './rate-limit.repository.js';
import { RateLimitService } from './rate-limit.service.js';

/** Is there only when RATE_LIMIT is set: without it, requests pay nothing for it. */
@Module({
  providers: [
    RateLimitRepository,
    RateLimitService,
    RateLimitGuard,
    { provide: APP_GUARD, useExisting: RateLimitGuard },
  ],
})
export class RateLimitModule {}
