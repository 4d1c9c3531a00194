import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Metadata } from '@grpc/grpc-js';
import { type Observable, throwError } from 'rxjs';
import { requestOf } from './grpc-request.js';
import { Refusals } from './refusals.js';

/** Is for the methods of the gRPC services what `HttpErrorFilter` is for routes. */
@Catch()
export class GrpcErrorFilter implements ExceptionFilter {
  constructor(private readonly refusals: Refusals) {}

  catch(thrown: unknown, host: ArgumentsHost): Observable<never> {
    const metadata = host.switchToRpc().getContext<Metadata>();
    return throwError(() => this.refusals.toStatus(thrown, requestOf(metadata)));
  }
}
