// Kafka's UUIDs: 16 bytes on the wire, 22 characters of url-safe base64 as text (topic ids, directory ids, cluster ids).

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const UUID = /^[A-Za-z0-9_-]{21}[AQgw]$/

const LETTERS = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))
const NO_VALUE = 0xc0
const VALUES = new Uint8Array(128).fill(NO_VALUE)
for (const [value, code] of LETTERS.entries()) VALUES[code] = value

/** What stands where no id is known; never the id of anything. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Whether `text` is a UUID as Kafka writes it. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** The text of the 16 bytes at `at`. */
export function uuidFromBytes(bytes: Uint8Array, at = 0): string {
  const a = bits24(bytes, at)
  const b = bits24(bytes, at + 3)
  const c = bits24(bytes, at + 6)
  const d = bits24(bytes, at + 9)
  const e = bits24(bytes, at + 12)
  const last = bytes[at + 15]!
  // One flat string at once: put together piece by piece, it would be copied when it is first looked up in a map.
  // biome-ignore format: four characters for every three bytes
  return String.fromCharCode(
    LETTERS[a >> 18]!, LETTERS[(a >> 12) & 63]!, LETTERS[(a >> 6) & 63]!, LETTERS[a & 63]!,
    LETTERS[b >> 18]!, LETTERS[(b >> 12) & 63]!, LETTERS[(b >> 6) & 63]!, LETTERS[b & 63]!,
    LETTERS[c >> 18]!, LETTERS[(c >> 12) & 63]!, LETTERS[(c >> 6) & 63]!, LETTERS[c & 63]!,
    LETTERS[d >> 18]!, LETTERS[(d >> 12) & 63]!, LETTERS[(d >> 6) & 63]!, LETTERS[d & 63]!,
    LETTERS[e >> 18]!, LETTERS[(e >> 12) & 63]!, LETTERS[(e >> 6) & 63]!, LETTERS[e & 63]!,
    LETTERS[last >> 2]!, LETTERS[(last & 3) << 4]!,
  )
}

function bits24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
}

/** The 16 bytes of a UUID's text. Throws a TypeError for a text that is none; where texts come from outside, ask `isUuid` first. */
export function uuidToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  let wrong = text.length ^ 22
  for (let i = 0, at = 0; i < 20; i += 4, at += 3) {
    const [a, b, c, d] = [value(text, i), value(text, i + 1), value(text, i + 2), value(text, i + 3)]
    wrong |= (a | b | c | d) & 0xc0
    bytes[at] = (a << 2) | (b >> 4)
    bytes[at + 1] = (b << 4) | (c >> 2)
    bytes[at + 2] = (c << 6) | d
  }
  const [y, z] = [value(text, 20), value(text, 21)]
  bytes[15] = (y << 2) | (z >> 4)
  wrong |= ((y | z) & 0xc0) | (z & 0x0f)
  if (wrong !== 0) throw new TypeError(`"${text}" is no UUID of Kafka (22 characters of url-safe base64)`)
  return bytes
}

/** The six bits that a character stands for; more than six where it stands for none. */
function value(text: string, at: number): number {
  return VALUES[text.charCodeAt(at)] ?? NO_VALUE
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
