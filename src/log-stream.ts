import type { PrettyStream } from 'pino-pretty';
import type { Config } from './config/config.js';

/** For a person who reads along, in a terminal or where LOG_FORMAT says so; undefined: JSON lines on standard output. */
export async function logStreamOf({ logFormat }: Config): Promise<PrettyStream | undefined> {
  const isTerminal = process.stdout.isTTY;
  if (logFormat === 'json' || (logFormat === 'auto' && !isTerminal)) return undefined;
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    colorize: isTerminal,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    sync: true,
  });
}
