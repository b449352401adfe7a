// What can be asked of ZooKeeper, each as one value that knows its bytes. Paths are those below the chroot.

import { type ByteReader, type ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { ZooKeeperError } from './errors.ts'
import { readBuffer, readText, readTexts, writeBuffer, writeText } from './jute.ts'

export const opCodes = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  closeSession: -11,
} as const

/** What ZooKeeper knows of a node besides its data. */
export interface Stat {
  /** The transaction that made the node; with Kafka 3, the epoch of a broker. */
  readonly czxid: number
  readonly mzxid: number
  /** When the node was made, in milliseconds since 1970, by the clock of ZooKeeper's leader. */
  readonly ctime: number
  /** Counts the changes of the data. */
  readonly version: number
  /** The session whose end removes the node; 0 where none does. */
  readonly ephemeralOwner: bigint
  readonly numChildren: number
}

export type WatchKind = 'data' | 'children'

export interface Operation<T> {
  readonly opCode: number
  readonly path: string
  /** `prefix` is the chroot, which every path on the wire begins with. */
  write(to: ByteWriter, prefix: string, watches: boolean): void
  read(from: ByteReader, prefix: string): T
  /** What of the node can be watched by asking so. */
  readonly watch?: WatchKind
  /** Whether a missing node can be watched, too: the answer NoNode then is an answer like others. */
  readonly watchesAbsence?: boolean
}

/** One part of a multi: all happen, or none. */
export interface Change<T> extends Operation<T> {
  readonly isChange: true
}

export type NodeKind = 'persistent' | 'ephemeral' | 'persistentSequential'
const flags = { persistent: 0, ephemeral: 1, persistentSequential: 2 } as const

export interface Created {
  /** With the number that a sequential node got. */
  readonly path: string
  readonly stat: Stat
}

/** Any version will do. */
export const ANY_VERSION = -1

/** Fails with NodeExists, or with NoNode where the parent is missing. Everybody may read and write the node (world:anyone), as with Kafka's default. */
export function create(path: string, data: Uint8Array | null, kind: NodeKind = 'persistent'): Change<Created> {
  return {
    opCode: opCodes.create2,
    path,
    isChange: true,
    write(to, prefix) {
      writeText(to, onWire(prefix, path))
      writeBuffer(to, data)
      to.int32(1)
      to.int32(ALL_PERMISSIONS)
      writeText(to, 'world')
      writeText(to, 'anyone')
      to.int32(flags[kind])
    },
    read: (from, prefix) => ({ path: readText(from).slice(prefix.length), stat: readStat(from) }),
  }
}

const ALL_PERMISSIONS = 31

/** Fails with NoNode, BadVersion, or NotEmpty where the node has children. */
export function remove(path: string, version = ANY_VERSION): Change<void> {
  return {
    opCode: opCodes.delete,
    path,
    isChange: true,
    write(to, prefix) {
      writeText(to, onWire(prefix, path))
      to.int32(version)
    },
    read() {},
  }
}

/** Fails with NoNode or BadVersion. */
export function setData(path: string, data: Uint8Array, version = ANY_VERSION): Change<Stat> {
  return {
    opCode: opCodes.setData,
    path,
    isChange: true,
    write(to, prefix) {
      writeText(to, onWire(prefix, path))
      writeBuffer(to, data)
      to.int32(version)
    },
    read: readStat,
  }
}

/** Changes nothing; in a multi, nothing else happens unless the node has this version. */
export function check(path: string, version: number): Change<void> {
  return {
    opCode: opCodes.check,
    path,
    isChange: true,
    write(to, prefix) {
      writeText(to, onWire(prefix, path))
      to.int32(version)
    },
    read() {},
  }
}

export interface Node {
  /** Empty where the node has none. */
  readonly data: Uint8Array
  readonly stat: Stat
}

/** Fails with NoNode. */
export function getData(path: string): Operation<Node> {
  return {
    opCode: opCodes.getData,
    path,
    watch: 'data',
    write: (to, prefix, watches) => writeQuestion(to, onWire(prefix, path), watches),
    read(from) {
      const data = readBuffer(from) ?? NO_BYTES
      return { data, stat: readStat(from) }
    },
  }
}

const NO_BYTES = new Uint8Array(0)

/** Fails with NoNode; a watch is set all the same, and runs when the node comes. */
export function exists(path: string): Operation<Stat> {
  return {
    opCode: opCodes.exists,
    path,
    watch: 'data',
    watchesAbsence: true,
    write: (to, prefix, watches) => writeQuestion(to, onWire(prefix, path), watches),
    read: readStat,
  }
}

/** The names of the children, in no order. Fails with NoNode. */
export function getChildren(path: string): Operation<{ readonly names: string[]; readonly stat: Stat }> {
  return {
    opCode: opCodes.getChildren2,
    path,
    watch: 'children',
    write: (to, prefix, watches) => writeQuestion(to, onWire(prefix, path), watches),
    read(from) {
      const names = readTexts(from)
      return { names, stat: readStat(from) }
    },
  }
}

/** What is asked after it, of this server, sees all that the ensemble had committed when this was asked. */
export function sync(path: string): Operation<void> {
  return { opCode: opCodes.sync, path, write: (to, prefix) => writeText(to, onWire(prefix, path)), read() {} }
}

export type Results<T extends readonly Change<unknown>[]> = { -readonly [K in keyof T]: T[K] extends Change<infer R> ? R : never }

/** All of it happens or nothing; throws the error of the change that could not be made, and names its path. */
export function multi<const T extends readonly Change<unknown>[]>(...changes: T): Operation<Results<T>> {
  return {
    opCode: opCodes.multi,
    path: changes[0]?.path ?? '/',
    write(to, prefix) {
      for (const change of changes) {
        writeMultiHeader(to, change.opCode, false)
        change.write(to, prefix, false)
      }
      writeMultiHeader(to, -1, true)
    },
    read: (from, prefix) => readResults(from, prefix, changes) as Results<T>,
  }
}

function readResults(from: ByteReader, prefix: string, changes: readonly Change<unknown>[]): unknown[] {
  const results: unknown[] = []
  let failure: ZooKeeperError | null = null
  let isFailed = false
  for (;;) {
    const opCode = from.int32()
    const isDone = from.bool()
    from.skip(4) // the error once more
    if (isDone) break
    const change = changes[results.length]
    if (!change) throw new MalformedBytes(`a multi of ${changes.length} changes has more results`)
    if (opCode !== ERROR_RESULT) {
      results.push(change.read(from, prefix))
      continue
    }
    isFailed = true
    results.push(undefined)
    const code = from.int32()
    // Changes before the one that failed say 0, and those behind it that they were not tried.
    if (code !== 0 && code !== NOT_TRIED) failure ??= ZooKeeperError.ofCode(code, change.path)
  }
  if (failure) throw failure
  if (isFailed || results.length !== changes.length)
    throw new MalformedBytes(`a multi of ${changes.length} changes has other results`)
  return results
}

const ERROR_RESULT = -1
const NOT_TRIED = -2

function writeMultiHeader(to: ByteWriter, opCode: number, isDone: boolean): void {
  to.int32(opCode)
  to.bool(isDone)
  to.int32(-1)
}

function writeQuestion(to: ByteWriter, path: string, watches: boolean): void {
  writeText(to, path)
  to.bool(watches)
}

function readStat(from: ByteReader): Stat {
  const czxid = from.int64()
  const mzxid = from.int64()
  const ctime = from.int64()
  from.skip(8) // mtime
  const version = from.int32()
  from.skip(8) // cversion, aversion
  const ephemeralOwner = from.exactInt64()
  from.skip(4) // dataLength
  const numChildren = from.int32()
  from.skip(8) // pzxid
  return { czxid, mzxid, ctime, version, ephemeralOwner, numChildren }
}

/** The chroot itself is the root of all paths below it. */
function onWire(prefix: string, path: string): string {
  return prefix !== '' && path === '/' ? prefix : prefix + path
}
