import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { RequestExamples } from '../../openapi/operation.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { unixSeconds } from '../../openapi/unix-time.js';
import { PageQueryDto } from '../../pagination/list-query.dto.js';
import { ListDto } from '../../pagination/list.dto.js';
import { oneOf, text } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import { type Project, RESIDENCIES } from '../project.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';

const MAX_NAME = 255;

export const NameField = (description: string, presence: { optional?: boolean; nullable?: boolean } = {}) =>
  Field(
    text({ min: 1, max: MAX_NAME }),
    { type: 'string', minLength: 1, maxLength: MAX_NAME, description, example: 'Support desk' },
    presence,
  );

const ExternalKeyField = () =>
  Field(
    text({ max: MAX_NAME }),
    {
      type: 'string',
      maxLength: MAX_NAME,
      description: 'An id of yours to keep with the project.',
      example: 'tenant-42',
    },
    { optional: true, nullable: true },
  );

@RequestSchema({ name: 'ProjectCreateRequest' })
export class CreateProjectDto {
  static readonly examples: RequestExamples<CreateProjectDto> = {
    'A tenant': { name: 'Support desk', external_key_id: 'tenant-42' },
  };

  @NameField('The name of the project.')
  name!: string;

  @Field(
    oneOf(RESIDENCIES),
    {
      type: 'string',
      enum: [...RESIDENCIES],
      enumName: 'PublicProjectResidency',
      description: 'Kept with the project as a label: the data is where your PostgreSQL is.',
      example: 'GLOBAL',
    },
    { optional: true, nullable: true },
  )
  residency?: string | null;

  @ExternalKeyField()
  external_key_id?: string | null;
}

@RequestSchema({ name: 'ProjectUpdateRequest' })
export class UpdateProjectDto {
  static readonly examples: RequestExamples<UpdateProjectDto> = {
    'A new name': { name: 'Help desk' },
  };

  @NameField('The new name of the project; null changes nothing.', { optional: true, nullable: true })
  name?: string | null;

  @ExternalKeyField()
  external_key_id?: string | null;
}

@ApiSchema({ name: 'ListProjectsQuery' })
export class ListProjectsQueryDto extends PageQueryDto {
  @Field(
    oneOf(['true', 'false']),
    { type: 'boolean', default: false, description: 'Whether to list archived projects too.' },
    { optional: true },
  )
  include_archived?: 'true' | 'false';
}

@ApiSchema({ name: 'Project', description: 'A project: a tenant, which sees its own threads only.' })
export class ProjectDto {
  @ApiProperty({ description: 'The id of the project.', example: 'proj_abc123' })
  id!: string;

  @ConstantProperty('organization.project')
  object!: 'organization.project';

  @ApiProperty({ type: 'string', nullable: true, required: false, description: 'Its name.', example: 'Support desk' })
  name!: string;

  @TimeProperty('When it was created, in Unix seconds.', { example: 1711471533 })
  created_at!: number;

  @TimeProperty('When it was archived.', { nullable: true, required: false, example: null })
  archived_at!: number | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    required: false,
    description: '`active` or `archived`.',
    example: 'active',
  })
  status!: 'active' | 'archived';

  @ApiProperty({
    type: 'string',
    nullable: true,
    required: false,
    description: 'An id of yours.',
    example: 'tenant-42',
  })
  external_key_id!: string | null;

  @ApiProperty({
    enum: [...RESIDENCIES],
    enumName: 'PublicProjectResidency',
    required: false,
    description: 'A label.',
    example: 'GLOBAL',
  })
  residency!: string;

  static from(project: Project): ProjectDto {
    return {
      id: project.id,
      object: 'organization.project',
      name: project.name,
      created_at: unixSeconds(project.createdAt),
      archived_at: project.archivedAt && unixSeconds(project.archivedAt),
      status: project.archivedAt ? 'archived' : 'active',
      external_key_id: project.externalKeyId,
      residency: project.residency,
    };
  }
}

@ApiSchema({ name: 'ProjectListResponse' })
export class ListProjectsDto extends ListDto(ProjectDto, 'proj_abc123') {}
