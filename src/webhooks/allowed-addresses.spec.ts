import { describe, expect, it } from '@jest/globals';
import { AllowedAddresses } from './allowed-addresses.js';

const none = new AllowedAddresses([]);

describe('AllowedAddresses', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.1',
    '192.0.3.1',
    '198.20.0.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82a::200e',
    '2001:4860:4860::8888',
  ])('has %s, which is public, with TLS only', (address) => {
    expect([none.has(address, true), none.has(address, false)]).toEqual([true, false]);
  });

  // What breaks it: a network that is left out of the lists, or an IPv6 form that is not read as the IPv4 in it.
  it.each([
    ['unspecified', '0.0.0.0'],
    ['of this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['shared by carriers', '100.64.0.1'],
    ['shared by carriers', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local', '169.254.0.1'],
    ['of cloud metadata', '169.254.169.254'],
    ['of cloud metadata', '100.100.100.200'],
    ['of cloud metadata', '192.0.0.192'],
    ['of protocols', '192.0.0.8'],
    ['for documents', '192.0.2.1'],
    ['for documents', '198.51.100.1'],
    ['for documents', '203.0.113.1'],
    ['6to4 relay', '192.88.99.1'],
    ['for benchmarks', '198.18.0.1'],
    ['for benchmarks', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.250'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['IPv4 mapped', '::ffff:127.0.0.1'],
    ['IPv4 mapped', '::ffff:7f00:1'],
    ['IPv4 mapped', '::ffff:10.0.0.1'],
    ['IPv4 mapped', '0:0:0:0:0:ffff:169.254.169.254'],
    ['IPv4 compatible', '::127.0.0.1'],
    ['IPv4 translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64', '64:ff9b::169.254.169.254'],
    ['NAT64 of a network of its own', '64:ff9b:1::1'],
    ['discard-only', '100::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['ORCHID', '2001:20::1'],
    ['for documents', '2001:db8::1'],
    ['6to4', '2002:7f00:1::1'],
    ['6to4', '2002:a9fe:a9fe::'],
    ['for documents', '3fff::1'],
    ['segment routing', '5f00::1'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['no address', 'localhost'],
    ['no address', ''],
  ])('has no address that is %s: %s', (_, address) => {
    expect(none.has(address, true)).toBe(false);
  });

  it.each([
    [['10.1.0.0/16'], '10.1.2.3', '10.2.0.1'],
    [['10.1.0.0/16'], '::ffff:10.1.2.3', '::ffff:10.2.0.1'],
    [['127.0.0.1'], '127.0.0.1', '127.0.0.2'],
    [['loopback'], '127.9.9.9', '10.0.0.1'],
    [['loopback'], '::1', '::2'],
    [['linklocal'], '169.254.169.254', '10.0.0.1'],
    [['linklocal'], 'fe80::1', 'fc00::1'],
    [['uniquelocal'], '192.168.0.7', '127.0.0.1'],
    [['uniquelocal', 'fe80::/10'], 'fd00::1', '::1'],
    [['64:ff9b::/96'], '64:ff9b::808:808', '64:ff9b:1::1'],
  ])('with %p has %s, also without TLS, and not %s', (networks, allowed, other) => {
    const some = new AllowedAddresses(networks);

    expect([some.has(allowed, true), some.has(allowed, false)]).toEqual([true, true]);
    expect(some.has(other, true)).toBe(false);
  });
});
