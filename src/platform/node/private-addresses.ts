// Addresses that mean something only on this machine or in its own network, and those that belong to nobody.

import { BlockList, isIPv6 } from 'node:net'

/** The special-purpose registries of IANA (RFC 6890): where somebody may answer who is not meant, or nobody should. */
const V4: readonly (readonly [net: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
/** All but 2000::/3, which alone is given out to everybody (RFC 4291, section 2.4), and what of that leads elsewhere: 6to4 and Teredo hold IPv4 addresses. */
const V6: readonly (readonly [net: string, bits: number])[] = [
  ['::', 3],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['4000::', 2],
  ['8000::', 1],
]
/** An IPv4 address in IPv6 notation, or behind a translator (RFC 6052): its last four bytes. */
const HOLDS_V4 = new BlockList()
HOLDS_V4.addSubnet('::ffff:0:0', 96, 'ipv6')
HOLDS_V4.addSubnet('64:ff9b::', 96, 'ipv6')

const blocked4 = new BlockList()
const blocked6 = new BlockList()
for (const [net, bits] of V4) blocked4.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of V6) blocked6.addSubnet(net, bits, 'ipv6')

/** Whether an IP address is none that everybody reaches. */
export function isPrivate(address: string): boolean {
  const [bare = ''] = address.split('%')
  if (!isIPv6(bare)) return blocked4.check(bare, 'ipv4')
  if (HOLDS_V4.check(bare, 'ipv6')) return blocked4.check(lastFourBytes(bare), 'ipv4')
  return blocked6.check(bare, 'ipv6')
}

/** Of an IPv6 address, as an IPv4 one. */
function lastFourBytes(address: string): string {
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  if (dotted) return dotted[1]!
  const [high = '0', low = '0'] = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':').slice(-2)
  const number = (Number.parseInt(high || '0', 16) * 0x10000 + Number.parseInt(low || '0', 16)) >>> 0
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}
