// Control records: what brokers say to each other inside a log. Clients never see them; a control batch holds exactly one kind each.
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { codec } from '../codec.ts'
import {
  EndTxnMarker,
  KRaftVersionRecord,
  LeaderChangeMessage,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  VotersRecord,
} from '../messages/records/control.ts'

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

/** Version 0 carries no directory id; it is left out there. */
export type LeaderChangeVoter = DeepReadonly<LeaderChangeMessage['voters'][number]>
export type KRaftVoter = DeepReadonly<VotersRecord['voters'][number]>

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

/** Which kind a control record's key names; null for a kind of a later Kafka. Throws MalformedBytes. */
export function controlKind(key: Uint8Array | null): ControlKind | null {
  const reader = new ByteReader(key ?? new Uint8Array(0))
  reader.int16()
  return kinds[reader.int16()] ?? null
}

/** What a transaction marker says; null for a control record of another kind. Throws MalformedBytes. */
export function readMarker(record: ControlBytes): { committed: boolean; coordinatorEpoch: number } | null {
  const control = readControl(record)
  if (control === null || (control.kind !== 'commit' && control.kind !== 'abort')) return null
  return { committed: control.kind === 'commit', coordinatorEpoch: control.coordinatorEpoch }
}

/** What a control record says; null for a kind of a later Kafka, which readers skip. Throws MalformedBytes. */
export function readControl(record: ControlBytes): ControlRecord | null {
  const kind = controlKind(record.key)
  return kind && readValue(kind, record.value ?? new Uint8Array(0))
}

function writeValue(to: ByteWriter, control: ControlRecord): void {
  switch (control.kind) {
    case 'abort':
    case 'commit':
      to.int16(0) // the version, which the quorum's records have as a field of their own
      return codec(EndTxnMarker, 0).write(to, control)
    case 'leaderChange': {
      const { version, leaderId, voters, grantingVoters } = control
      const known = (voter: LeaderChangeVoter) => (version === 0 ? { voterId: voter.voterId } : voter)
      return codec(LeaderChangeMessage, version).write(to, {
        version,
        leaderId,
        voters: voters.map(known),
        grantingVoters: grantingVoters.map(known),
      })
    }
    case 'snapshotHeader':
      return codec(SnapshotHeaderRecord, 0).write(to, {
        version: 0,
        lastContainedLogTimestamp: control.lastContainedLogTimestamp,
      })
    case 'snapshotFooter':
      return codec(SnapshotFooterRecord, 0).write(to, { version: 0 })
    case 'kraftVersion':
      return codec(KRaftVersionRecord, 0).write(to, { version: 0, kRaftVersion: control.kRaftVersion })
    case 'kraftVoters':
      return codec(VotersRecord, 0).write(to, { version: 0, voters: control.voters })
  }
}

function readValue(kind: ControlKind, value: Uint8Array): ControlRecord {
  const from = new ByteReader(value)
  const version = new ByteReader(value).int16()
  switch (kind) {
    case 'abort':
    case 'commit':
      from.int16()
      return { kind, coordinatorEpoch: codec(EndTxnMarker, 0).read(from).coordinatorEpoch }
    case 'leaderChange':
      return { kind, ...codec(LeaderChangeMessage, version >= 1 ? 1 : 0).read(from) }
    case 'snapshotHeader':
      return { kind, lastContainedLogTimestamp: codec(SnapshotHeaderRecord, 0).read(from).lastContainedLogTimestamp }
    case 'snapshotFooter':
      codec(SnapshotFooterRecord, 0).read(from)
      return { kind }
    case 'kraftVersion':
      return { kind, kRaftVersion: codec(KRaftVersionRecord, 0).read(from).kRaftVersion }
    case 'kraftVoters':
      return { kind, voters: codec(VotersRecord, 0).read(from).voters }
  }
}
