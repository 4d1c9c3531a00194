import { Injectable } from '@nestjs/common';
import { KeysService } from '../auth/keys.service.js';
import { apiKeyNotFound } from '../errors/catalogue.js';
import { requireApiKeyId } from '../ids/id.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import type { ListApiKeysQueryDto } from './dto/api-key.dto.js';
import type { ProjectKey } from './project-key.js';
import { ProjectsService } from './projects.service.js';

const NO_KEYS: Page<ProjectKey> = { items: [], hasMore: false };

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly apiKeys: ApiKeysRepository,
    private readonly projects: ProjectsService,
    private readonly keys: KeysService,
  ) {}

  async get(projectId: string, id: string): Promise<ProjectKey> {
    await this.projects.get(projectId);
    return this.find(projectId, id);
  }

  async list(projectId: string, query: ListApiKeysQueryDto): Promise<Page<ProjectKey>> {
    await this.projects.get(projectId);
    const request = pageRequestOf(query);
    if (request.after) await this.find(projectId, request.after);
    // An owner without access to its project does not exist here: its keys go with it.
    return query.owner_project_access === 'inactive' ? NO_KEYS : this.apiKeys.page(projectId, request);
  }

  async delete(projectId: string, id: string): Promise<void> {
    await this.projects.get(projectId);
    requireApiKeyId(id);
    if (!(await this.apiKeys.delete(projectId, id))) throw apiKeyNotFound(id);
    this.keys.forget();
  }

  private async find(projectId: string, id: string): Promise<ProjectKey> {
    requireApiKeyId(id);
    const key = await this.apiKeys.find(projectId, id);
    if (!key) throw apiKeyNotFound(id);
    return key;
  }
}
