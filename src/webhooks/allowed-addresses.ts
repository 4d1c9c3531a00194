import { BlockList, isIP } from 'node:net';

/** What Fastify, for TRUST_PROXY, takes these names for. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** IPv4 that is not of the public internet, by the registry of IANA: private, shared, of a link, for documents, multicast… */
const NOT_PUBLIC_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];

/** All that IANA has given out of IPv6. What is beside it, as `::1`, `fe80::` or NAT64's `64:ff9b::`, is not public. */
const GLOBAL_UNICAST = ['2000::/3'];

/** What of it is not: Teredo and other protocols, documents, and 6to4, which has an IPv4 address inside. */
const NOT_PUBLIC_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

/** Which addresses webhooks may be sent to. */
export class AllowedAddresses {
  private readonly named: BlockList;
  private readonly notPublic = listOf([...NOT_PUBLIC_IPV4, ...NOT_PUBLIC_IPV6]);
  private readonly globalUnicast = listOf(GLOBAL_UNICAST);

  /** `networks` are allowed although they may not be public. */
  constructor(private readonly networks: readonly string[]) {
    this.named = listOf(networks.flatMap((each) => NAMED[each] ?? [each]));
  }

  /** Whether there are networks that may be reached without TLS. */
  get allowPlainHttp(): boolean {
    return this.networks.length > 0;
  }

  /** Without TLS only what the configuration names. An IPv4 address in the form of IPv6 is what it is as IPv4. */
  has(address: string, isEncrypted: boolean): boolean {
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (this.named.check(address, family)) return true;
    if (!isEncrypted || this.notPublic.check(address, family)) return false;
    return family === 'ipv4' || this.globalUnicast.check(address, family);
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
