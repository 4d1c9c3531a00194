import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { ForAdministrators } from '../auth/access.decorator.js';
import {
  defaultProjectFixed,
  integerTooLarge,
  missingParameter,
  outcomeUnknown,
  projectArchived,
  projectNotFound,
} from '../errors/catalogue.js';
import { CheckedBody, CheckedQuery } from '../http/request.pipe.js';
import { ADMIN_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { toList } from '../pagination/list.dto.js';
import { Audited } from './audited.decorator.js';
import {
  CreateProjectDto,
  ListProjectsDto,
  ListProjectsQueryDto,
  ProjectDto,
  UpdateProjectDto,
} from './dto/project.dto.js';
import { ProjectsService } from './projects.service.js';

const OF_ONE_PROJECT = [projectNotFound('proj_abc123')];

@ApiTags('Projects')
@ApiBearerAuth(ADMIN_KEY)
@ForAdministrators()
@Controller('organization/projects')
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  @Get()
  @Operation({
    id: 'list-projects',
    summary: 'Lists the projects, newest first.',
    answer: ListProjectsDto,
    refusals: [integerTooLarge('limit', 100, 1000), ...OF_ONE_PROJECT],
  })
  async list(@CheckedQuery() query: ListProjectsQueryDto): Promise<ListProjectsDto> {
    return toList(await this.projects.list(query), (each) => ProjectDto.from(each));
  }

  @Post()
  @Audited('project.created')
  @Operation({
    id: 'create-project',
    summary: 'Creates a project.',
    body: CreateProjectDto,
    answer: ProjectDto,
    refusals: [missingParameter('name')],
  })
  async create(@CheckedBody() request: CreateProjectDto): Promise<ProjectDto> {
    return ProjectDto.from(await this.projects.create(request));
  }

  @Get(':project_id')
  @Operation({ id: 'retrieve-project', summary: 'Retrieves a project.', answer: ProjectDto, refusals: OF_ONE_PROJECT })
  async get(@Param('project_id') id: string): Promise<ProjectDto> {
    return ProjectDto.from(await this.projects.get(id));
  }

  @Post(':project_id')
  @Audited('project.updated')
  @Operation({
    id: 'modify-project',
    summary: 'Modifies a project.',
    body: UpdateProjectDto,
    answer: ProjectDto,
    refusals: [defaultProjectFixed(), projectArchived('proj_abc123'), ...OF_ONE_PROJECT],
  })
  async update(@Param('project_id') id: string, @CheckedBody() request: UpdateProjectDto): Promise<ProjectDto> {
    return ProjectDto.from(await this.projects.update(id, request));
  }

  @Post(':project_id/archive')
  @Audited('project.archived')
  @Operation({
    id: 'archive-project',
    summary: 'Archives a project and revokes its keys. Its threads stay in the database.',
    answer: ProjectDto,
    example: ProjectDto.from({
      id: 'proj_abc123',
      name: 'Support desk',
      createdAt: new Date('2024-03-26'),
      archivedAt: new Date('2024-09-30'),
      externalKeyId: 'tenant-42',
      residency: 'GLOBAL',
    }),
    refusals: [defaultProjectFixed(), ...OF_ONE_PROJECT, outcomeUnknown()],
  })
  async archive(@Param('project_id') id: string): Promise<ProjectDto> {
    return ProjectDto.from(await this.projects.archive(id));
  }
}
