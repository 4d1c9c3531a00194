import { Metadata, ServerInterceptingCall, type ServerInterceptor, status as codes } from '@grpc/grpc-js';
import type { FastifyBaseLogger } from 'fastify';
import { callerOf } from '../auth/caller.js';
import type { KeyGuard } from '../auth/key.guard.js';
import { unavailable } from '../errors/catalogue.js';
import type { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import type { CallEnds } from './call-ends.js';
import type { Draining } from './draining.js';
import { GrpcRequest } from './grpc-request.js';
import type { Readiness } from './readiness.js';
import type { Refusals } from './refusals.js';

/** What gRPC itself defines is open to everyone, as the probes and the document of the HTTP door are. */
const PUBLIC = /^\/grpc\.(health|reflection)\./;
const HEALTH = '/grpc.health.';

/**
 * Asks the guards of the HTTP door about every call, before a byte of its message is read. It stands in front of all
 * methods, and not at their handlers, which are given whole messages.
 */
export class Admission {
  constructor(
    private readonly keys: KeyGuard,
    private readonly rates: RateLimitGuard | undefined,
    private readonly readiness: Readiness,
    private readonly draining: Draining,
    private readonly refusals: Refusals,
    private readonly ends: CallEnds,
    private readonly log: FastifyBaseLogger,
  ) {}

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    // It is told once: before the message, or with a status that comes without one.
    let untold: GrpcRequest | undefined;
    let code: codes | undefined;
    let end: (() => void) | undefined;
    const told = (metadata: Metadata): Metadata => {
      if (untold) metadata.merge(untold.answer);
      untold = undefined;
      return metadata;
    };
    const answering = new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            const request = new GrpcRequest(call, metadata, this.log);
            untold = request;
            // Without a status from here it was cancelled, or the library has ended it at its deadline.
            end = () => this.ends.tell(path, request, code ?? endOf(call.getDeadline()));
            this.admit(path, request).then(
              () => pass(metadata),
              (error: unknown) => answering.sendStatus(this.refusals.toStatus(error, request)),
            );
          },
          // The library calls it at the end of every call.
          onCancel: () => end?.(),
        }),
      sendMetadata: (metadata, next) => next(told(metadata)),
      sendStatus: (status, next) => {
        ({ code } = status);
        next({ ...status, metadata: told(status.metadata ?? new Metadata()) });
      },
    });
    return answering;
  };

  private async admit(path: string, request: GrpcRequest): Promise<void> {
    if (path.startsWith(HEALTH)) await this.readiness.look();
    if (PUBLIC.test(path)) return;
    if (this.draining.isUnderWay) throw unavailable('It is being stopped.');
    await this.keys.admit(request, 'project');
    await this.rates?.admit(callerOf(request), (headers) => request.tell(headers));
  }
}

const endOf = (deadline: Date | number): codes =>
  Number(deadline) <= Date.now() ? codes.DEADLINE_EXCEEDED : codes.CANCELLED;
