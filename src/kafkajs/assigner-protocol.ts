// What members of a group tell each other, for assigners that programs bring along: what there is of it in version 0 of Kafka's consumer protocol, whatever
// version a program writes before it.

import { ByteReader, ByteWriter, byteLengthOf } from '../base/bytes.ts'
import type { Assignment, ISerializer, MemberAssignment, MemberMetadata } from './types/index.ts'

const NOTHING = Buffer.alloc(0)
const VERSION_BYTES = 2

/** What a program may leave out. */
type Partly<T extends { userData: Buffer }> = Omit<T, 'userData'> & { userData?: Buffer | undefined }

const memberMetadata = {
  encode({ version, topics, userData = NOTHING }: Partly<MemberMetadata>): Buffer {
    const to = new ByteWriter()
    to.int16(version)
    to.int32(topics.length)
    for (const topic of topics) writeText(to, topic)
    writeBytes(to, userData)
    return asBuffer(to.toBytes())
  },
  decode(buffer: Buffer): MemberMetadata {
    const from = new ByteReader(buffer)
    const version = from.int16()
    return { version, topics: readList(from, readText), userData: readBytes(from) }
  },
}

const memberAssignment = {
  encode({ version, assignment, userData = NOTHING }: Partly<MemberAssignment>): Buffer {
    const topics = Object.entries(assignment)
    const to = new ByteWriter()
    to.int16(version)
    to.int32(topics.length)
    for (const [topic, partitions] of topics) {
      writeText(to, topic)
      to.int32(partitions.length)
      for (const partition of partitions) to.int32(partition)
    }
    writeBytes(to, userData)
    return asBuffer(to.toBytes())
  },
  /** Null where there are no bytes: so the coordinator answers a member that the leader did not name. */
  decode(buffer: Buffer): MemberAssignment | null {
    if (buffer.length < VERSION_BYTES) return null
    const from = new ByteReader(buffer)
    const version = from.int16()
    const topics = readList(from, () => [readText(from), readList(from, () => from.int32())] as const)
    return { version, assignment: Object.fromEntries(topics) as Assignment, userData: readBytes(from) }
  },
}

export const AssignerProtocol: {
  MemberMetadata: ISerializer<MemberMetadata>
  MemberAssignment: ISerializer<MemberAssignment>
} = { MemberMetadata: memberMetadata, MemberAssignment: memberAssignment }

function writeText(to: ByteWriter, text: string): void {
  const size = byteLengthOf(text)
  to.int16(size)
  to.text(text, size)
}

function writeBytes(to: ByteWriter, bytes: Uint8Array): void {
  to.int32(bytes.length)
  to.raw(bytes)
}

function readText(from: ByteReader): string {
  return from.text(from.int16())
}

function readList<T>(from: ByteReader, read: (from: ByteReader) => T): T[] {
  const items: T[] = []
  for (let left = from.int32(); left > 0; left--) items.push(read(from))
  return items
}

function readBytes(from: ByteReader): Buffer {
  const size = from.int32()
  return size < 0 ? NOTHING : asBuffer(from.view(size))
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
