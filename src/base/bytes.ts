// Reading and writing Kafka's primitive types. Everything on the wire and on disk is big-endian.

/** The bytes end too early, or a length in them cannot be true. Whoever reads turns it into Kafka's answer. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes'
}

const utf8Decoder = new TextDecoder()
const HIGH = 0x1_0000_0000

/** A cursor over bytes. Every read checks what is left first; nothing is allocated for a length that cannot be true. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly end: number
  at: number
  readonly #buffer: Buffer

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.end - this.at
  }

  #take(size: number): number {
    const at = this.at
    if (size < 0 || size > this.end - at) throw new MalformedBytes(`${size} bytes wanted, ${this.end - at} left`)
    this.at = at + size
    return at
  }

  bool(): boolean {
    return this.bytes[this.#take(1)] !== 0
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2))
  }

  uint16(): number {
    return this.#buffer.readUInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4))
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4))
  }

  /** A signed 64-bit integer as a number: exact up to 2^53, rounded above it, never throwing. */
  int64(): number {
    const at = this.#take(8)
    return this.#buffer.readInt32BE(at) * HIGH + this.#buffer.readUInt32BE(at + 4)
  }

  /** A signed 64-bit integer with all its bits. */
  exactInt64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8))
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#take(8))
  }

  /** An unsigned variable-length integer of at most 32 bits in at most five bytes. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.#take(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new MalformedBytes('a varint has more than five bytes')
  }

  /** A zig-zag encoded 32-bit integer. */
  varint(): number {
    const value = this.uvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A zig-zag encoded 64-bit integer as a number: exact up to 2^53. */
  varlong(): number {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.bytes[this.#take(1)]!
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    }
    let value = BigInt(low)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#take(1)]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        const unsigned = BigInt.asUintN(64, value)
        return Number((unsigned >> 1n) ^ -(unsigned & 1n))
      }
    }
    throw new MalformedBytes('a varlong has more than ten bytes')
  }

  /** A view of the next `size` bytes; nothing is copied. */
  view(size: number): Uint8Array {
    const at = this.#take(size)
    return this.bytes.subarray(at, at + size)
  }

  /** The next `size` bytes as UTF-8 text. */
  text(size: number): string {
    const at = this.#take(size)
    if (size < 24) return shortText(this.bytes, at, size) ?? this.#buffer.toString('utf8', at, at + size)
    return size > 256 ? utf8Decoder.decode(this.bytes.subarray(at, at + size)) : this.#buffer.toString('utf8', at, at + size)
  }

  skip(size: number): void {
    this.#take(size)
  }
}

/** ASCII of a few bytes without a call into native code; null when a byte is not ASCII. */
function shortText(bytes: Uint8Array, at: number, size: number): string | null {
  let text = ''
  for (let i = at; i < at + size; i++) {
    const byte = bytes[i]!
    if (byte >= 0x80) return null
    text += String.fromCharCode(byte)
  }
  return text
}

/** From this size on, bytes given to a writer are kept as they are instead of being copied. */
const KEEP_FROM = 4096

/** Collects bytes. Big pieces are kept uncopied, so `chunks()` may be sent with one vectored write. */
export class ByteWriter {
  #buffer: Buffer
  #at = 0
  #from = 0
  #kept: Uint8Array[] = []
  #keptSize = 0

  constructor(expectedSize = 256) {
    this.#buffer = Buffer.allocUnsafe(expectedSize)
  }

  /** How many bytes were written so far. */
  get size(): number {
    return this.#keptSize + this.#at - this.#from
  }

  #room(size: number): number {
    const at = this.#at
    if (at + size > this.#buffer.length) return this.#grow(size)
    this.#at = at + size
    return at
  }

  #grow(size: number): number {
    const pending = this.#at - this.#from
    const bigger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, pending + size, 256))
    this.#buffer.copy(bigger, 0, this.#from, this.#at)
    this.#buffer = bigger
    this.#from = 0
    this.#at = pending + size
    return pending
  }

  bool(value: boolean): void {
    const at = this.#room(1)
    this.#buffer[at] = value ? 1 : 0
  }

  int8(value: number): void {
    const at = this.#room(1)
    this.#buffer.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.#room(2)
    this.#buffer.writeInt16BE(value, at)
  }

  uint16(value: number): void {
    const at = this.#room(2)
    this.#buffer.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.#room(4)
    this.#buffer.writeInt32BE(value, at)
  }

  uint32(value: number): void {
    const at = this.#room(4)
    this.#buffer.writeUInt32BE(value, at)
  }

  int64(value: number): void {
    const at = this.#room(8)
    if (Number.isSafeInteger(value)) {
      const high = Math.floor(value / HIGH)
      this.#buffer.writeInt32BE(high, at)
      this.#buffer.writeUInt32BE(value - high * HIGH, at + 4)
    } else this.#buffer.writeBigInt64BE(clampInt64(value), at)
  }

  exactInt64(value: bigint): void {
    const at = this.#room(8)
    this.#buffer.writeBigInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.#room(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  uvarint(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      const at = this.#room(1)
      this.#buffer[at] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    const at = this.#room(1)
    this.#buffer[at] = rest
  }

  varint(value: number): void {
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  varlong(value: number): void {
    if (value >= -0x4000_0000 && value < 0x4000_0000) return this.varint(value)
    let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
    while (rest >= 0x80n) {
      const at = this.#room(1)
      this.#buffer[at] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    const at = this.#room(1)
    this.#buffer[at] = Number(rest)
  }

  /** Raw bytes. A big piece is not copied: it must stay unchanged until the writer's bytes were used. */
  raw(bytes: Uint8Array): void {
    if (bytes.length >= KEEP_FROM) return this.#keep(bytes)
    const at = this.#room(bytes.length)
    this.#buffer.set(bytes, at)
  }

  #keep(bytes: Uint8Array): void {
    this.#seal()
    this.#kept.push(bytes)
    this.#keptSize += bytes.length
  }

  #seal(): void {
    if (this.#at === this.#from) return
    this.#kept.push(this.#buffer.subarray(this.#from, this.#at))
    this.#keptSize += this.#at - this.#from
    this.#from = this.#at
  }

  /** UTF-8 text without a length; `byteLengthOf` tells its size beforehand. */
  text(value: string, sizeInBytes: number): void {
    const at = this.#room(sizeInBytes)
    this.#buffer.write(value, at, sizeInBytes, 'utf8')
  }

  /** What was written, in order, as few pieces; the writer may go on. */
  chunks(): Uint8Array[] {
    this.#seal()
    return this.#kept.slice()
  }

  /** What was written as one piece. */
  toBytes(): Uint8Array {
    const chunks = this.chunks()
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  }
}

/** The 64-bit integer nearest to a whole number: one that was read from 2^63-1 was rounded up to 2^63. */
export function clampInt64(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  if (value <= -(2 ** 63)) return -(2n ** 63n)
  return BigInt(value)
}

/** The size of `text` in UTF-8. */
export function byteLengthOf(text: string): number {
  return Buffer.byteLength(text)
}
