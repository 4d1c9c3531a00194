import { isIPv6 } from 'node:net';
import type { Config } from './config.js';

/** Where gRPC is served, as its clients take it. */
export const grpcAddressOf = ({ host, grpcPort }: Config): string => `${isIPv6(host) ? `[${host}]` : host}:${grpcPort}`;
