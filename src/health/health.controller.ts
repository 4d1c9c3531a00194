import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiSchema, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access.decorator.js';
import { ErrorResponseDto } from '../errors/error-response.dto.js';
import { HealthService } from './health.service.js';

@ApiSchema({ name: 'Health' })
export class HealthDto {
  @ApiProperty({ type: 'string', enum: ['ok'], description: 'Always `ok`.' })
  status!: 'ok';
}

const OK: HealthDto = { status: 'ok' };

@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @ApiOperation({
    operationId: 'live',
    summary: 'Says that the process answers, whatever the state of its database.',
    security: [],
  })
  @ApiOkResponse({ type: HealthDto, description: 'OK' })
  live(): HealthDto {
    return OK;
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'ready',
    summary: 'Says whether requests can be served: the database answers and is migrated.',
    security: [],
  })
  @ApiOkResponse({ type: HealthDto, description: 'OK' })
  @ApiResponse({ status: 503, type: ErrorResponseDto, description: 'Not ready; the message says why.' })
  async ready(): Promise<HealthDto> {
    await this.health.requireReady();
    return OK;
  }
}
