// The random part of a member's id.

/** A UUID (version 4) in the usual hexadecimal form, as Kafka gives its members. */
export function randomMemberId(bytes: (length: number) => Uint8Array): string {
  const random = Buffer.from(bytes(16))
  random[6] = (random[6]! & 0x0f) | 0x40
  random[8] = (random[8]! & 0x3f) | 0x80
  const hex = random.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
