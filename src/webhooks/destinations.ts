import { Injectable } from '@nestjs/common';
import { type LookupAddress, promises as dns } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Config } from '../config/config.js';
import { credentialsInWebhookUrl, insecureWebhookUrl, webhookAddressNotAllowed } from '../errors/catalogue.js';
import { AllowedAddresses } from './allowed-addresses.js';

/** What a name server may take for an answer. It is asked twice. */
const NAME_SERVER_MS = 1_000;

/** How long whoever creates an endpoint waits for its name to be resolved: any longer, and it is left to the sender. */
const CHECK_MS = 2_500;

const NO_ANSWER = 'ETIMEOUT';

/** The name or the address of a URL leads to where webhooks may not be sent. */
export class AddressNotAllowedError extends Error {}

/** Where webhooks may be sent to: an address is checked when it is known, and connected to as it was checked. */
@Injectable()
export class Destinations {
  private readonly allowed: AllowedAddresses;

  constructor(config: Config) {
    this.allowed = new AllowedAddresses(config.webhookNetworks);
  }

  /** Refuses a URL that nothing would be sent to. A name that is not known, or not yet, is left to the sender. */
  async require(text: string): Promise<void> {
    const url = new URL(text);
    const isEncrypted = text.startsWith('https://');
    if (!isEncrypted && !(text.startsWith('http://') && this.allowed.allowPlainHttp)) throw insecureWebhookUrl();
    if (url.username !== '' || url.password !== '') throw credentialsInWebhookUrl();
    const host = hostOf(url);
    const addresses = isIP(host) ? [host] : await Promise.race([resolve(host).catch(() => []), nothing()]);
    if (!this.haveAll(addresses.map(addressOf), isEncrypted)) throw webhookAddressNotAllowed();
  }

  /** Throws for an address in the URL itself, for which Node asks no `lookup`. */
  requireLiteral(url: URL): void {
    const host = hostOf(url);
    if (isIP(host) && !this.haveAll([host], isEncrypted(url))) throw new AddressNotAllowedError();
  }

  /** For `request()` of Node: gives it the addresses of a name if all of them are allowed, and no others. */
  lookupFor(url: URL): LookupFunction {
    return (host, { all }, callback) => {
      resolve(host).then(
        (addresses) => {
          const [first] = addresses;
          if (!first || !this.haveAll(addresses.map(addressOf), isEncrypted(url))) {
            callback(new AddressNotAllowedError(), []);
          } else if (all) callback(null, addresses);
          else callback(null, first.address, first.family);
        },
        (error: Error) => callback(error, []),
      );
    };
  }

  private haveAll(addresses: readonly string[], encrypted: boolean): boolean {
    return addresses.every((each) => this.allowed.has(each, encrypted));
  }
}

const isEncrypted = ({ protocol }: URL): boolean => protocol === 'https:';

/** IPv6 has brackets in a URL. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

const addressOf = (of: string | LookupAddress): string => (typeof of === 'string' ? of : of.address);

const nothing = (): Promise<LookupAddress[]> => setTimeout(CHECK_MS, [], { ref: false });

/**
 * The addresses of a name. Name servers are asked by Node itself: the system's way to do it holds a thread for each name,
 * of which there are four, so that names of silent servers would hold up all others. What they do not know the system
 * may: from /etc/hosts, or by a search list.
 */
async function resolve(host: string): Promise<LookupAddress[]> {
  const resolver = new dns.Resolver({ timeout: NAME_SERVER_MS, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })) : [],
  );
  if (found.length > 0) return found;
  const silence = answers.find((answer) => answer.status === 'rejected' && answer.reason?.code === NO_ANSWER);
  if (silence?.status === 'rejected') throw silence.reason;
  return dns.lookup(host, { all: true });
}
