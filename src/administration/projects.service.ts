import { Injectable } from '@nestjs/common';
import { KeysService } from '../auth/keys.service.js';
import { defaultProjectFixed, projectArchived, projectNotFound } from '../errors/catalogue.js';
import { requireProjectId } from '../ids/id.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import type { CreateProjectDto, ListProjectsQueryDto, UpdateProjectDto } from './dto/project.dto.js';
import { DEFAULT_PROJECT_ID, newProject, type Project } from './project.js';
import { ProjectsRepository } from './projects.repository.js';

@Injectable()
export class ProjectsService {
  constructor(
    private readonly projects: ProjectsRepository,
    private readonly keys: KeysService,
  ) {}

  async create({ name, external_key_id, residency }: CreateProjectDto): Promise<Project> {
    const project = newProject(name, external_key_id ?? null, residency ?? 'GLOBAL');
    await this.projects.insert(project);
    return project;
  }

  async get(id: string): Promise<Project> {
    requireProjectId(id);
    const project = await this.projects.find(id);
    if (!project) throw projectNotFound(id);
    return project;
  }

  /** A project that can be worked with: one that is not archived. */
  async getActive(id: string): Promise<Project> {
    const project = await this.get(id);
    if (project.archivedAt) throw projectArchived(id);
    return project;
  }

  async list(query: ListProjectsQueryDto): Promise<Page<Project>> {
    const request = pageRequestOf(query);
    const after = request.after === undefined ? undefined : await this.get(request.after);
    return this.projects.page(request, after, query.include_archived === 'true');
  }

  async update(id: string, { name, external_key_id }: UpdateProjectDto): Promise<Project> {
    if (id === DEFAULT_PROJECT_ID) throw defaultProjectFixed();
    await this.getActive(id);
    await this.projects.update(id, { name: name ?? undefined, externalKeyId: external_key_id });
    return this.getActive(id);
  }

  /** Archiving twice changes nothing. */
  async archive(id: string): Promise<Project> {
    if (id === DEFAULT_PROJECT_ID) throw defaultProjectFixed();
    await this.get(id);
    await this.projects.archive(id, new Date());
    this.keys.forget();
    return this.get(id);
  }
}
