import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { InstallationRepository } from './installation.repository.js';
import { InstallationService } from './installation.service.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsRepository } from './projects.repository.js';
import { ProjectsService } from './projects.service.js';
import { ServiceAccountsController } from './service-accounts.controller.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';
import { ServiceAccountsService } from './service-accounts.service.js';

@Module({
  imports: [AuthModule],
  controllers: [ProjectsController, ServiceAccountsController, ApiKeysController],
  providers: [
    ApiKeysRepository,
    ApiKeysService,
    InstallationRepository,
    InstallationService,
    ProjectsRepository,
    ProjectsService,
    ServiceAccountsRepository,
    ServiceAccountsService,
  ],
})
export class AdministrationModule {}
