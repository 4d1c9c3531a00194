import { applyDecorators, UseInterceptors } from '@nestjs/common';
import type { AdministrationEvent } from '../audit/audit-log.js';
import { AuditInterceptor, Event } from './audit.interceptor.js';

/** Has a line written to the audit log for each call that succeeds. Every operation that changes something has it. */
export const Audited = (event: AdministrationEvent): MethodDecorator =>
  applyDecorators(Event(event), UseInterceptors(AuditInterceptor));
