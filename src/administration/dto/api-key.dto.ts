import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { unixSeconds } from '../../openapi/unix-time.js';
import { PageQueryDto } from '../../pagination/list-query.dto.js';
import { ListDto } from '../../pagination/list.dto.js';
import { oneOf } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import type { ProjectKey } from '../project-key.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';

const ACCESS = ['active', 'inactive', 'any'] as const;

@ApiSchema({ name: 'ListApiKeysQuery' })
export class ListApiKeysQueryDto extends PageQueryDto {
  @Field(
    oneOf(ACCESS),
    { type: 'string', enum: [...ACCESS], description: 'Which owners to list keys of. All owners here are `active`.' },
    { optional: true },
  )
  owner_project_access?: (typeof ACCESS)[number];
}

@ApiSchema({ name: 'ProjectApiKeyOwnerServiceAccount' })
export class KeyOwnerAccountDto {
  @ApiProperty({ description: 'The id of the service account.', example: 'svc_acct_abc123' })
  id!: string;

  @ApiProperty({ description: 'Its name.', example: 'Support desk' })
  name!: string;

  @TimeProperty('When it was created, in Unix seconds.', { example: 1711471533 })
  created_at!: number;

  @ApiProperty({ description: 'Its role.', example: 'member' })
  role!: string;
}

@ApiSchema({ name: 'ProjectApiKeyOwner' })
export class KeyOwnerDto {
  @ApiProperty({
    type: 'string',
    enum: ['user', 'service_account'],
    required: false,
    description: 'Always `service_account`: there are no users here.',
    example: 'service_account',
  })
  type!: 'service_account';

  @ApiProperty({ required: false, description: 'The service account.' })
  service_account!: KeyOwnerAccountDto;
}

@ApiSchema({ name: 'ProjectApiKey', description: 'A key of a project, without its value.' })
export class ApiKeyDto {
  @ConstantProperty('organization.project.api_key')
  object!: 'organization.project.api_key';

  @ApiProperty({ description: 'Enough of the key to tell it from others.', example: 'sk-ts-...wxyz' })
  redacted_value!: string;

  @ApiProperty({ description: 'Its name.', example: 'Secret Key' })
  name!: string;

  @TimeProperty('When it was created, in Unix seconds.', { example: 1711471533 })
  created_at!: number;

  @TimeProperty('When it was last used, to the minute.', { nullable: true, example: 1711471534 })
  last_used_at!: number | null;

  @ApiProperty({ description: 'The id of the key.', example: 'key_abc123' })
  id!: string;

  @ApiProperty({ type: 'string', enum: ['active', 'inactive'], description: 'Always `active`.' })
  owner_project_access!: 'active';

  @ApiProperty({ description: 'Who it belongs to.' })
  owner!: KeyOwnerDto;

  static from({ id, name, redacted, createdAt, lastUsedAt, serviceAccount }: ProjectKey): ApiKeyDto {
    return {
      object: 'organization.project.api_key',
      redacted_value: redacted,
      name,
      created_at: unixSeconds(createdAt),
      last_used_at: lastUsedAt && unixSeconds(lastUsedAt),
      id,
      owner_project_access: 'active',
      owner: {
        type: 'service_account',
        service_account: {
          id: serviceAccount.id,
          name: serviceAccount.name,
          created_at: unixSeconds(serviceAccount.createdAt),
          role: serviceAccount.role,
        },
      },
    };
  }
}

@ApiSchema({ name: 'ProjectApiKeyListResponse' })
export class ListApiKeysDto extends ListDto(ApiKeyDto, 'key_abc123') {}

@ApiSchema({ name: 'ProjectApiKeyDeleteResponse' })
export class ApiKeyDeletedDto {
  @ConstantProperty('organization.project.api_key.deleted')
  object!: 'organization.project.api_key.deleted';

  @ApiProperty({ description: 'The id of the key that was revoked.', example: 'key_abc123' })
  id!: string;

  @ApiProperty({ description: 'Always true.', example: true })
  deleted!: boolean;

  static from(id: string): ApiKeyDeletedDto {
    return { object: 'organization.project.api_key.deleted', id, deleted: true };
  }
}
