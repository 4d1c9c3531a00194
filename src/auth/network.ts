import { isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** How many groups of an IPv6 address name the network: whoever has one such address has all of its 2^64. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/** Who an address belongs to: an IPv4 address, also one that is written as IPv6, or the /64 network of an IPv6 one. */
export function networkOf(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]!.split('::');
  const groups = head.split(':').filter(Boolean);
  const end = tail.split(':').filter(Boolean);
  const all = [...groups, ...Array<string>(Math.max(0, GROUPS - groups.length - end.length)).fill('0'), ...end];
  return `${all
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
