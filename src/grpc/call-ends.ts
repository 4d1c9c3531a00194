import { status } from '@grpc/grpc-js';
import type { FastifyBaseLogger } from 'fastify';
import { callerOf } from '../auth/caller.js';
import type { Series } from '../metrics/histogram.js';
import type { Metrics } from '../metrics/metrics.js';
import type { GrpcRequest } from './grpc-request.js';

/** Counts and times every call that ended, and logs a line of it, as it is done of requests by HTTP. */
export class CallEnds {
  private readonly series = new Map<string, Series[]>();

  constructor(
    private readonly metrics: Metrics,
    private readonly log: FastifyBaseLogger,
  ) {}

  /** `method` is one of a .proto file: others do not get so far. */
  tell(method: string, request: GrpcRequest, code: status): void {
    const ms = performance.now() - request.startedAt;
    this.seriesOf(method, code).observe(ms / 1000);
    const caller = callerOf(request);
    this.log.info(
      {
        reqId: request.id,
        method,
        status: status[code],
        ms: Math.round(ms),
        project: caller?.kind === 'project' ? caller.projectId : undefined,
        key: caller?.keyId,
      },
      'call',
    );
  }

  private seriesOf(method: string, code: status): Series {
    let codes = this.series.get(method);
    if (!codes) this.series.set(method, (codes = []));
    return (codes[code] ??= this.metrics.grpcRequests.add({ method, code: status[code] }));
  }
}
