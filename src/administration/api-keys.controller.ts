import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { ForAdministrators } from '../auth/access.decorator.js';
import { apiKeyNotFound, integerTooLarge, outcomeUnknown, projectNotFound } from '../errors/catalogue.js';
import { CheckedQuery } from '../http/request.pipe.js';
import { ADMIN_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { toList } from '../pagination/list.dto.js';
import { ApiKeysService } from './api-keys.service.js';
import { Audited } from './audited.decorator.js';
import { ApiKeyDeletedDto, ApiKeyDto, ListApiKeysDto, ListApiKeysQueryDto } from './dto/api-key.dto.js';

const OF_ONE_KEY = [projectNotFound('proj_abc123'), apiKeyNotFound('key_abc123')];

@ApiTags('API keys')
@ApiBearerAuth(ADMIN_KEY)
@ForAdministrators()
@Controller('organization/projects/:project_id/api_keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Get()
  @Operation({
    id: 'list-project-api-keys',
    summary: 'Lists the keys of a project, newest first.',
    answer: ListApiKeysDto,
    refusals: [integerTooLarge('limit', 100, 1000), ...OF_ONE_KEY],
  })
  async list(
    @Param('project_id') projectId: string,
    @CheckedQuery() query: ListApiKeysQueryDto,
  ): Promise<ListApiKeysDto> {
    return toList(await this.apiKeys.list(projectId, query), (each) => ApiKeyDto.from(each));
  }

  @Get(':api_key_id')
  @Operation({
    id: 'retrieve-project-api-key',
    summary: 'Retrieves a key, without its value.',
    answer: ApiKeyDto,
    refusals: OF_ONE_KEY,
  })
  async get(@Param('project_id') projectId: string, @Param('api_key_id') id: string): Promise<ApiKeyDto> {
    return ApiKeyDto.from(await this.apiKeys.get(projectId, id));
  }

  @Delete(':api_key_id')
  @Audited('api_key.deleted')
  @Operation({
    id: 'delete-project-api-key',
    summary: 'Revokes a key, within a second on every server.',
    description: 'OpenAI refused this for keys of service accounts; here every key belongs to one and can be revoked.',
    answer: ApiKeyDeletedDto,
    refusals: [...OF_ONE_KEY, outcomeUnknown()],
  })
  async delete(@Param('project_id') projectId: string, @Param('api_key_id') id: string): Promise<ApiKeyDeletedDto> {
    await this.apiKeys.delete(projectId, id);
    return ApiKeyDeletedDto.from(id);
  }
}
