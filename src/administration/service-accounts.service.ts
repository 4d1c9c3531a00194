import { Injectable } from '@nestjs/common';
import { KeysService } from '../auth/keys.service.js';
import { Config } from '../config/config.js';
import { projectArchived, serviceAccountNotFound } from '../errors/catalogue.js';
import { requireServiceAccountId } from '../ids/id.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { PageQueryDto } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import type { CreateServiceAccountDto, UpdateServiceAccountDto } from './dto/service-account.dto.js';
import { newProjectKey, type StoredKey } from './project-key.js';
import { ProjectsService } from './projects.service.js';
import { newServiceAccount, type ServiceAccount } from './service-account.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';

interface Created {
  readonly account: ServiceAccount;
  readonly key: { readonly value: string; readonly stored: StoredKey } | null;
}

@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly accounts: ServiceAccountsRepository,
    private readonly projects: ProjectsService,
    private readonly keys: KeysService,
    private readonly config: Config,
  ) {}

  async create(projectId: string, request: CreateServiceAccountDto): Promise<Created> {
    await this.projects.getActive(projectId);
    const withKey = !request.create_service_account_only;
    const account = newServiceAccount(request.name, withKey ? 'member' : 'none');
    const key = withKey ? newProjectKey(this.config.keyPepper) : null;
    if (!(await this.accounts.insert(projectId, account, key?.stored ?? null))) throw projectArchived(projectId);
    return { account, key };
  }

  async get(projectId: string, id: string): Promise<ServiceAccount> {
    await this.projects.get(projectId);
    return this.find(projectId, id);
  }

  async list(projectId: string, query: PageQueryDto): Promise<Page<ServiceAccount>> {
    await this.projects.getActive(projectId);
    const request = pageRequestOf(query);
    if (request.after) await this.find(projectId, request.after);
    return this.accounts.page(projectId, request);
  }

  async update(projectId: string, id: string, change: UpdateServiceAccountDto): Promise<ServiceAccount> {
    await this.projects.getActive(projectId);
    requireServiceAccountId(id);
    await this.accounts.update(projectId, id, change);
    return this.find(projectId, id);
  }

  async delete(projectId: string, id: string): Promise<void> {
    await this.projects.getActive(projectId);
    requireServiceAccountId(id);
    if (!(await this.accounts.delete(projectId, id))) throw serviceAccountNotFound(id);
    this.keys.forget();
  }

  private async find(projectId: string, id: string): Promise<ServiceAccount> {
    requireServiceAccountId(id);
    const account = await this.accounts.find(projectId, id);
    if (!account) throw serviceAccountNotFound(id);
    return account;
  }
}
