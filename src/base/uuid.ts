// Kafka's UUIDs: 16 bytes on the wire, 22 characters of url-safe base64 as text (topic ids, directory ids, cluster ids).

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const UUID = /^[A-Za-z0-9_-]{21}[AQgw]$/

/** What stands where no id is known; never the id of anything. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Whether `text` is a UUID as Kafka writes it. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** The text of the 16 bytes at `at`. */
export function uuidFromBytes(bytes: Uint8Array, at = 0): string {
  let text = ''
  for (let i = at; i < at + 15; i += 3) {
    const bits = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text += ALPHABET[bits >> 18]! + ALPHABET[(bits >> 12) & 63]! + ALPHABET[(bits >> 6) & 63]! + ALPHABET[bits & 63]!
  }
  const last = bytes[at + 15]!
  return text + ALPHABET[last >> 2]! + ALPHABET[(last & 3) << 4]!
}

/** The 16 bytes of a UUID's text. Throws a TypeError for a text that is none: ids come from our own metadata, never unchecked from outside. */
export function uuidToBytes(text: string): Uint8Array {
  if (!isUuid(text)) throw new TypeError(`"${text}" is no UUID of Kafka (22 characters of url-safe base64)`)
  return Buffer.from(text, 'base64url')
}

/**
 * A new random UUID (version 4) out of a source of random bytes. The small ones that Kafka keeps for itself cannot come out; one whose text
 * begins with "-" is not used, because command lines would take it for a flag.
 */
export function randomUuid(bytes: (length: number) => Uint8Array): string {
  for (;;) {
    const uuid = uuidFromBytes(stampVersion4(bytes(16)))
    if (!uuid.startsWith('-')) return uuid
  }
}

function stampVersion4(random: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(random)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes
}
