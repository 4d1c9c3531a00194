import { Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { ForAdministrators } from '../auth/access.decorator.js';
import {
  integerTooLarge,
  missingParameter,
  outcomeUnknown,
  projectArchived,
  projectNotFound,
  serviceAccountNotFound,
} from '../errors/catalogue.js';
import { CheckedBody, CheckedQuery } from '../http/request.pipe.js';
import { ADMIN_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { PageQueryDto } from '../pagination/list-query.dto.js';
import { toList } from '../pagination/list.dto.js';
import { Audited } from './audited.decorator.js';
import {
  CreateServiceAccountDto,
  ListServiceAccountsDto,
  ServiceAccountCreatedDto,
  ServiceAccountDeletedDto,
  ServiceAccountDto,
  UpdateServiceAccountDto,
} from './dto/service-account.dto.js';
import { ServiceAccountsService } from './service-accounts.service.js';

const OF_THE_PROJECT = [projectNotFound('proj_abc123'), projectArchived('proj_abc123')];
const OF_ONE_ACCOUNT = [...OF_THE_PROJECT, serviceAccountNotFound('svc_acct_abc123')];

@ApiTags('Service accounts')
@ApiBearerAuth(ADMIN_KEY)
@ForAdministrators()
@Controller('organization/projects/:project_id/service_accounts')
export class ServiceAccountsController {
  constructor(private readonly accounts: ServiceAccountsService) {}

  @Get()
  @Operation({
    id: 'list-project-service-accounts',
    summary: 'Lists the service accounts of a project, newest first.',
    answer: ListServiceAccountsDto,
    refusals: [integerTooLarge('limit', 100, 1000), ...OF_ONE_ACCOUNT],
  })
  async list(
    @Param('project_id') projectId: string,
    @CheckedQuery() query: PageQueryDto,
  ): Promise<ListServiceAccountsDto> {
    return toList(await this.accounts.list(projectId, query), (each) => ServiceAccountDto.from(each));
  }

  @Post()
  @Audited('service_account.created')
  @Operation({
    id: 'create-project-service-account',
    summary: 'Creates a service account and its key, which is shown here and never again.',
    body: CreateServiceAccountDto,
    answer: ServiceAccountCreatedDto,
    refusals: [missingParameter('name'), ...OF_THE_PROJECT],
  })
  async create(
    @Param('project_id') projectId: string,
    @CheckedBody() request: CreateServiceAccountDto,
  ): Promise<ServiceAccountCreatedDto> {
    const { account, key } = await this.accounts.create(projectId, request);
    return ServiceAccountCreatedDto.from(account, key);
  }

  @Get(':service_account_id')
  @Operation({
    id: 'retrieve-project-service-account',
    summary: 'Retrieves a service account.',
    answer: ServiceAccountDto,
    refusals: OF_ONE_ACCOUNT,
  })
  async get(
    @Param('project_id') projectId: string,
    @Param('service_account_id') id: string,
  ): Promise<ServiceAccountDto> {
    return ServiceAccountDto.from(await this.accounts.get(projectId, id));
  }

  @Post(':service_account_id')
  @Audited('service_account.updated')
  @Operation({
    id: 'update-project-service-account',
    summary: 'Modifies a service account.',
    body: UpdateServiceAccountDto,
    answer: ServiceAccountDto,
    refusals: [...OF_ONE_ACCOUNT],
  })
  async update(
    @Param('project_id') projectId: string,
    @Param('service_account_id') id: string,
    @CheckedBody() request: UpdateServiceAccountDto,
  ): Promise<ServiceAccountDto> {
    return ServiceAccountDto.from(await this.accounts.update(projectId, id, request));
  }

  @Delete(':service_account_id')
  @Audited('service_account.deleted')
  @Operation({
    id: 'delete-project-service-account',
    summary: 'Deletes a service account and revokes its keys, within a second on every server.',
    answer: ServiceAccountDeletedDto,
    refusals: [...OF_ONE_ACCOUNT, outcomeUnknown()],
  })
  async delete(
    @Param('project_id') projectId: string,
    @Param('service_account_id') id: string,
  ): Promise<ServiceAccountDeletedDto> {
    await this.accounts.delete(projectId, id);
    return ServiceAccountDeletedDto.from(id);
  }
}
