/**
 * Decides where messages may go: to public addresses, and to those networks of the operator's own that the operator names. What a
 * name stands for is looked up once, judged, and that very address is connected to, so that a second look-up cannot change it.
 */
import { lookup as resolve } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

export interface Network {
  address: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

/** Not the wide world: this machine, private and link-local networks, metadata services, multicast, and what is kept for documents. */
const notPublic = networksIn(
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 ' +
    '192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ' +
    // Only 2000::/3 is given out; of that, these lead elsewhere (Teredo, 6to4) or nowhere.
    '::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16 3fff::/20',
)!;

export class AddressRefusedError extends Error {
  override name = 'AddressRefusedError';
  constructor(host: string) {
    super(
      `${host} is not on the public internet, and messages are not sent into private networks. If that is where the receiver is, the operator names its network in DRAWLOOM_INTERNAL_NETWORKS.`,
    );
  }
}

/** Networks out of a list such as "10.0.0.0/8, fd00::/8"; null when it is not one. */
export function networksIn(text: string): Network[] | null {
  const networks: Network[] = [];
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const [address = '', prefix = '', more] = part.split('/');
    const version = isIP(address);
    const longest = version === 4 ? 32 : 128;
    const length =
      prefix === '' && !part.includes('/') ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (version === 0 || more !== undefined || !(length >= 0 && length <= longest)) return null;
    networks.push({ address, prefix: length, family: version === 4 ? 'ipv4' : 'ipv6' });
  }
  return networks;
}

/** Each family is asked about itself only: as IPv6, every IPv4 address lies in ::/3. */
function holds(networks: readonly Network[], address: string): boolean {
  const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  for (const { address: base, prefix, family } of networks) if (family === kind) list.addSubnet(base, prefix, family);
  return list.check(address, kind);
}

export interface Reached {
  address: string;
  family: 4 | 6;
  /** In a network that the operator named, where talking in the clear is theirs to decide. */
  internal: boolean;
}

/** throws  AddressRefusedError unless every address of the name may be sent to; the error of the resolver when there is none */
export async function reach(host: string, internalNetworks: readonly Network[]): Promise<Reached> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const found = isIP(name) ? [{ address: name, family: isIP(name) }] : await resolve(name, { all: true });
  const judged = found.map(({ address, family }) => {
    const plain = plainAddress(address);
    return {
      address,
      family: family as 4 | 6,
      internal: holds(internalNetworks, plain),
      refused: holds(notPublic, plain),
    };
  });
  // One bad address among good ones is a trick, or will be the one that is taken next time.
  if (judged.length === 0 || judged.some((one) => one.refused && !one.internal)) throw new AddressRefusedError(host);
  const { address, family } = judged[0]!;
  return { address, family, internal: judged.every((one) => one.internal) };
}

/** An IPv4 address written as IPv6 is judged as what it is. */
function plainAddress(address: string): string {
  const name = address.replace(/%.*$/, '').toLowerCase();
  const dotted = /^::(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(name)?.[1];
  if (dotted) return dotted;
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(name);
  if (!mapped) return name;
  const bits = (Number.parseInt(mapped[1]!, 16) << 16) | Number.parseInt(mapped[2]!, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
