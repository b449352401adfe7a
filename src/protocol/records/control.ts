// Control records: what brokers say to each other inside a log. Clients never see them; a control batch holds exactly one kind each.
import { ByteReader, ByteWriter, byteLengthOf } from '../../base/bytes.ts'

export interface LeaderChangeVoter {
  readonly voterId: number
  /** Kafka's base64 form; only from version 1 on. */
  readonly voterDirectoryId: string
}

export interface KRaftVoter extends LeaderChangeVoter {
  readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[]
  readonly kRaftVersionFeature: { readonly minSupportedVersion: number; readonly maxSupportedVersion: number }
}

/** What a control record says. Transaction markers (KIP-98), and the quorum's own records (KIP-595, KIP-630, KIP-853). */
export type ControlRecord =
  | { readonly kind: 'abort' | 'commit'; readonly coordinatorEpoch: number }
  | {
      readonly kind: 'leaderChange'
      /** Write 0: Apache Kafka 4.2 writes and reads no other, even where voters have directory ids. */
      readonly version: number
      readonly leaderId: number
      readonly voters: readonly LeaderChangeVoter[]
      readonly grantingVoters: readonly LeaderChangeVoter[]
    }
  | { readonly kind: 'snapshotHeader'; readonly lastContainedLogTimestamp: number }
  | { readonly kind: 'snapshotFooter' }
  | { readonly kind: 'kraftVersion'; readonly kRaftVersion: number }
  | { readonly kind: 'kraftVoters'; readonly voters: readonly KRaftVoter[] }

/** In the order of the numbers that stand in the key. */
const kinds = ['abort', 'commit', 'leaderChange', 'snapshotHeader', 'snapshotFooter', 'kraftVersion', 'kraftVoters'] as const
export type ControlKind = (typeof kinds)[number]

const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

interface ControlBytes {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** Key and value of the record that says `control`; it belongs in a batch with `isControl`. */
export function controlRecord(control: ControlRecord): { key: Uint8Array; value: Uint8Array } {
  const key = new ByteWriter(4)
  key.int16(0)
  key.int16(kinds.indexOf(control.kind))
  const value = new ByteWriter(64)
  writeValue(value, control)
  return { key: key.toBytes(), value: value.toBytes() }
}

/** What a transaction marker says; null for a control record of another kind. Throws MalformedBytes. */
export function readMarker(record: ControlBytes): { committed: boolean; coordinatorEpoch: number } | null {
  const control = readControl(record)
  if (control === null || (control.kind !== 'commit' && control.kind !== 'abort')) return null
  return { committed: control.kind === 'commit', coordinatorEpoch: control.coordinatorEpoch }
}

/** Which kind a control record's key names; null for a kind of a later Kafka. Throws MalformedBytes. */
export function controlKind(key: Uint8Array | null): ControlKind | null {
  const reader = new ByteReader(key ?? new Uint8Array(0))
  reader.int16()
  return kinds[reader.int16()] ?? null
}

/** What a control record says; null for a kind of a later Kafka, which readers skip. Throws MalformedBytes. */
export function readControl(record: {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}): ControlRecord | null {
  const kind = controlKind(record.key)
  if (kind === null) return null
  const reader = new ByteReader(record.value ?? new Uint8Array(0))
  const version = reader.int16()
  return readValue(reader, kind, version)
}

function writeValue(to: ByteWriter, control: ControlRecord): void {
  to.int16(control.kind === 'leaderChange' ? control.version : 0)
  switch (control.kind) {
    case 'abort':
    case 'commit':
      to.int32(control.coordinatorEpoch)
      return // the only one without tagged fields
    case 'leaderChange':
      to.int32(control.leaderId)
      writeVoters(to, control.voters, control.version)
      writeVoters(to, control.grantingVoters, control.version)
      break
    case 'snapshotHeader':
      to.int64(control.lastContainedLogTimestamp)
      break
    case 'snapshotFooter':
      break
    case 'kraftVersion':
      to.int16(control.kRaftVersion)
      break
    case 'kraftVoters':
      writeKRaftVoters(to, control.voters)
      break
  }
  to.uvarint(0)
}

function writeVoters(to: ByteWriter, voters: readonly LeaderChangeVoter[], version: number): void {
  to.uvarint(voters.length + 1)
  for (const voter of voters) {
    to.int32(voter.voterId)
    if (version >= 1) to.raw(Buffer.from(voter.voterDirectoryId, 'base64url'))
    to.uvarint(0)
  }
}

function writeKRaftVoters(to: ByteWriter, voters: readonly KRaftVoter[]): void {
  to.uvarint(voters.length + 1)
  for (const voter of voters) {
    to.int32(voter.voterId)
    to.raw(Buffer.from(voter.voterDirectoryId, 'base64url'))
    to.uvarint(voter.endpoints.length + 1)
    for (const endpoint of voter.endpoints) {
      writeText(to, endpoint.name)
      writeText(to, endpoint.host)
      to.uint16(endpoint.port)
      to.uvarint(0)
    }
    to.int16(voter.kRaftVersionFeature.minSupportedVersion)
    to.int16(voter.kRaftVersionFeature.maxSupportedVersion)
    to.uvarint(0)
    to.uvarint(0)
  }
}

function writeText(to: ByteWriter, text: string): void {
  const size = byteLengthOf(text)
  to.uvarint(size + 1)
  to.text(text, size)
}

function readValue(from: ByteReader, kind: ControlKind, version: number): ControlRecord {
  switch (kind) {
    case 'abort':
    case 'commit':
      return { kind, coordinatorEpoch: from.int32() }
    case 'leaderChange':
      return {
        kind,
        version,
        leaderId: from.int32(),
        voters: readVoters(from, version),
        grantingVoters: readVoters(from, version),
      }
    case 'snapshotHeader':
      return { kind, lastContainedLogTimestamp: from.int64() }
    case 'snapshotFooter':
      return { kind }
    case 'kraftVersion':
      return { kind, kRaftVersion: from.int16() }
    case 'kraftVoters':
      return { kind, voters: readList(from, readKRaftVoter) }
  }
}

function readVoters(from: ByteReader, version: number): LeaderChangeVoter[] {
  return readList(from, () => {
    const voter = { voterId: from.int32(), voterDirectoryId: version >= 1 ? readId(from) : ZERO_ID }
    skipTags(from)
    return voter
  })
}

function readKRaftVoter(from: ByteReader): KRaftVoter {
  const voterId = from.int32()
  const voterDirectoryId = readId(from)
  const endpoints = readList(from, () => {
    const endpoint = { name: readText(from), host: readText(from), port: from.uint16() }
    skipTags(from)
    return endpoint
  })
  const kRaftVersionFeature = { minSupportedVersion: from.int16(), maxSupportedVersion: from.int16() }
  skipTags(from)
  skipTags(from)
  return { voterId, voterDirectoryId, endpoints, kRaftVersionFeature }
}

/** A compact list; the items are made one by one, so a hostile count ends where the bytes do. */
function readList<T>(from: ByteReader, readItem: (from: ByteReader) => T): T[] {
  const count = from.uvarint() - 1
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(readItem(from))
  return items
}

function readId(from: ByteReader): string {
  return Buffer.from(from.view(16)).toString('base64url')
}

function readText(from: ByteReader): string {
  return from.text(from.uvarint() - 1)
}

function skipTags(from: ByteReader): void {
  for (let left = from.uvarint(); left > 0; left--) {
    from.uvarint()
    from.skip(from.uvarint())
  }
}
