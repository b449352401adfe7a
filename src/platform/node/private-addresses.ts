// Addresses that mean something only on this machine or in its own network, and those that belong to nobody.

import { BlockList, isIPv6 } from 'node:net'

/** The special-purpose registries of IANA (RFC 6890), as far as somebody may answer there, or nobody should. */
const V4: readonly (readonly [net: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
/** IPv4 addresses in IPv6 notation (::ffff:10.0.0.1) are looked up among those above by Node itself. */
const V6: readonly (readonly [net: string, bits: number])[] = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]
/** An IPv4 address behind a translator (RFC 6052): its last four bytes. */
const TRANSLATED = new BlockList()
TRANSLATED.addSubnet('64:ff9b::', 96, 'ipv6')

const blocked = new BlockList()
for (const [net, bits] of V4) blocked.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of V6) blocked.addSubnet(net, bits, 'ipv6')

/** Whether an IP address is none that everybody reaches. */
export function isPrivate(address: string): boolean {
  const [bare = ''] = address.split('%')
  if (!isIPv6(bare)) return blocked.check(bare, 'ipv4')
  if (TRANSLATED.check(bare, 'ipv6')) return blocked.check(lastFourBytes(bare), 'ipv4')
  return blocked.check(bare, 'ipv6')
}

/** Of an IPv6 address, as an IPv4 one. */
function lastFourBytes(address: string): string {
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  if (dotted) return dotted[1]!
  const [high = '0', low = '0'] = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':').slice(-2)
  const number = (Number.parseInt(high || '0', 16) * 0x10000 + Number.parseInt(low || '0', 16)) >>> 0
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}
