import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { MessagesModule } from '../messages/messages.module.js';
import { ThreadsModule } from '../threads/threads.module.js';
import { connectGrpc } from './connect.js';
import { Draining } from './draining.js';
import { GrpcMessagesController } from './grpc-messages.controller.js';
import { GrpcThreadsController } from './grpc-threads.controller.js';
import { Refusals } from './refusals.js';

/** Is there, and in memory, only when GRPC_PORT is not 0. */
@Module({
  imports: [EventsModule, IdempotencyModule, ThreadsModule, MessagesModule],
  controllers: [GrpcThreadsController, GrpcMessagesController],
  providers: [Draining, Refusals],
})
export class GrpcModule {
  static readonly connect = connectGrpc;
}
