import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { Config } from '../config/config.js';
import { SeriesHistogram } from './histogram.js';

/** Seconds: from a read of the memory of PostgreSQL to the 5 within which every request has its answer. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Rows: up to what one statement takes. */
const BATCHES = [1, 2, 4, 8, 16, 32, 64];

/**
 * Everything that this process counts. Labels have a bounded number of values, all of which are the server's own words:
 * nothing that a caller wrote, and no id.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  readonly httpRequests = new SeriesHistogram({
    name: 'threadstore_http_request_duration_seconds',
    help: 'HTTP requests that were answered, by route, method and status, and how long they took.',
    labelNames: ['route', 'method', 'status'],
    buckets: DURATIONS,
    registers: this.registers,
  });

  readonly grpcRequests = new SeriesHistogram({
    name: 'threadstore_grpc_request_duration_seconds',
    help: 'gRPC calls that ended, by method and status code, and how long they took.',
    labelNames: ['method', 'code'],
    buckets: DURATIONS,
    registers: this.registers,
  });

  readonly statementRows = new SeriesHistogram({
    name: 'threadstore_statement_rows',
    help: 'Requests that shared a statement, by the kind of statement.',
    labelNames: ['statement'],
    buckets: BATCHES,
    registers: this.registers,
  });

  readonly connections = new Gauge({
    name: 'threadstore_database_connections',
    help: 'Connections to PostgreSQL, by what they do: busy or idle.',
    labelNames: ['state'],
    registers: this.registers,
  });

  readonly connectionsWaitedFor = new Gauge({
    name: 'threadstore_database_connections_waited_for',
    help: 'Statements and transactions that wait for a connection to PostgreSQL.',
    registers: this.registers,
  });

  readonly connectionsAtMost = new Gauge({
    name: 'threadstore_database_connections_max',
    help: 'How many connections to PostgreSQL there may be: DATABASE_POOL_SIZE of every process.',
    registers: this.registers,
  });

  readonly outboxLag = new Gauge({
    name: 'threadstore_outbox_lag_seconds',
    help: 'The age of the oldest event that a webhook endpoint still waits for.',
    aggregator: 'max',
    registers: this.registers,
  });

  readonly webhookDeliveries = new Counter({
    name: 'threadstore_webhook_deliveries_total',
    help: 'Attempts to deliver an event to a webhook endpoint, by outcome.',
    labelNames: ['outcome'],
    registers: this.registers,
  });

  readonly eventStreams = new Gauge({
    name: 'threadstore_event_streams',
    help: 'Streams of events that are open: server-sent events, and Watch of gRPC.',
    registers: this.registers,
  });

  /** With METRICS=off nobody reads what the process says of its memory, its processor time and its event loop. */
  constructor({ hasMetrics }: Config) {
    if (hasMetrics) collectDefaultMetrics({ register: this.registry });
  }
}
