// xxHash32, which LZ4 frames use for their header and, where asked, for blocks and content.

const P1 = 0x9e3779b1
const P2 = 0x85ebca77
const P3 = 0xc2b2ae3d
const P4 = 0x27d4eb2f
const P5 = 0x165667b1

/** The xxHash32 of `bytes` from `from` up to `end` (exclusive) with seed 0, as an unsigned 32-bit number. */
export function xxhash32(bytes: Uint8Array, from = 0, end = bytes.length): number {
  return new XxHash32().add(bytes, from, end).digest()
}

const STRIPE = 16

/** The same for content that comes piece by piece. */
export class XxHash32 {
  #a = (P1 + P2) | 0
  #b = P2 | 0
  #c = 0
  #d = -P1 | 0
  #total = 0
  /** What did not fill a stripe yet. */
  readonly #rest = new Uint8Array(STRIPE)
  #restSize = 0

  add(bytes: Uint8Array, from = 0, end = bytes.length): this {
    this.#total += end - from
    let at = from
    if (this.#restSize > 0) {
      at = Math.min(end, from + STRIPE - this.#restSize)
      this.#keep(bytes, from, at)
      if (this.#restSize < STRIPE) return this
      this.#restSize = 0
      this.#stripes(this.#rest, 0, STRIPE)
    }
    this.#keep(bytes, this.#stripes(bytes, at, end), end)
    return this
  }

  #keep(bytes: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end; at++) this.#rest[this.#restSize++] = bytes[at]!
  }

  /** Takes whole stripes; gives where they end. */
  #stripes(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    let a = this.#a
    let b = this.#b
    let c = this.#c
    let d = this.#d
    for (const last = end - STRIPE; at <= last; at += STRIPE) {
      a = round(a, wordAt(bytes, at))
      b = round(b, wordAt(bytes, at + 4))
      c = round(c, wordAt(bytes, at + 8))
      d = round(d, wordAt(bytes, at + 12))
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
    return at
  }

  digest(): number {
    const rest = this.#rest
    const end = this.#restSize
    let hash = P5
    if (this.#total >= STRIPE) hash = rotate(this.#a, 1) + rotate(this.#b, 7) + rotate(this.#c, 12) + rotate(this.#d, 18)
    hash = (hash + this.#total) | 0
    let at = 0
    for (; at + 4 <= end; at += 4) hash = Math.imul(rotate((hash + Math.imul(wordAt(rest, at), P3)) | 0, 17), P4)
    for (; at < end; at++) hash = Math.imul(rotate((hash + Math.imul(rest[at]!, P5)) | 0, 11), P1)
    hash = Math.imul(hash ^ (hash >>> 15), P2)
    hash = Math.imul(hash ^ (hash >>> 13), P3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, P2)) | 0, 13), P1)
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
