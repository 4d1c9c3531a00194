// A service of yours: it keeps the tickets of its customers in Threadstore, which it calls by gRPC.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { options, Threadstore, THREADSTORE } from './threadstore.js';
import { TicketsController } from './tickets.controller.js';

@Module({
  imports: [ClientsModule.register([{ name: THREADSTORE, ...options }])],
  controllers: [TicketsController],
  providers: [Threadstore],
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['warn', 'error'],
});
await app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
