// Where our own log lies in ZooKeeper, and how a chroot that is not there yet, or belongs to somebody else, is met.

import type { ByteWriter } from '../base/bytes.ts'
import { deferred } from '../base/deferred.ts'
import { isUnanswered, isZooKeeperError, type ZooKeeperErrorName } from './errors.ts'
import { type Change, create, exists, getChildren, getData, multi, type Node, type Operation } from './operations.ts'
import type { Session } from './session.ts'

const ROOT = '/odradek'
const METADATA = `${ROOT}/metadata`

export const paths = {
  /** How far the log is committed: written with every batch. */
  head: `${METADATA}/head`,
  entries: `${METADATA}/log`,
  snapshots: `${METADATA}/snapshots`,
  /** Which snapshot is the newest whole one. */
  snapshot: `${METADATA}/snapshot`,
  /** Kafka's own: who is the active controller, for as long as its session lives. */
  controller: '/controller',
  /** Kafka's own, and the fence: its version is checked in every write of a controller. */
  controllerEpoch: '/controller_epoch',
} as const

/** A node takes 1 MB with everything around it (jute.maxbuffer); this leaves room, and keeps the ensemble's own log even. */
export const MAX_NODE_BYTES = 512 * 1024
/** Of a node of Kafka's, which cannot be cut into pieces. */
export const MAX_WHOLE_NODE_BYTES = 1_000_000

const utf8 = new TextDecoder()

export const textOf = (data: Uint8Array): string => utf8.decode(data)
export const bytesOf = (text: string): Uint8Array => Buffer.from(text)
export const bytesOfJson = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value))

/** The JSON object in a node of ours. Throws an Error that names the node where it is something else. */
export function jsonOf(path: string, { data }: Node): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(textOf(data))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // told below
  }
  throw new Error(
    `the node ${path} in ZooKeeper does not hold the JSON that this build writes there: ${textOf(data).slice(0, 200)}`,
  )
}

/** A whole number of a node of ours. Throws an Error that names it where there is none. */
export function numberIn(path: string, object: Record<string, unknown>, name: string): number {
  const value = object[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`the node ${path} in ZooKeeper has no valid ${name}: ${JSON.stringify(object).slice(0, 200)}`)
}

/** Like `session.look`, null where the answer is one of `errors`. */
export async function lookOr<T>(
  session: Session,
  operation: Operation<T>,
  changed?: () => void,
  ...errors: readonly ZooKeeperErrorName[]
): Promise<T | null> {
  try {
    return await session.look(operation, changed)
  } catch (thrown) {
    if (isZooKeeperError(thrown, ...(errors.length > 0 ? errors : (['NoNode'] as const)))) return null
    throw thrown
  }
}

/** Makes a persistent node unless it is there; a lost answer is asked for again. */
export async function ensure(session: Session, change: Change<unknown>): Promise<void> {
  for (;;) {
    await session.whenConnected()
    try {
      await session.ask(change)
      return
    } catch (thrown) {
      if (isZooKeeperError(thrown, 'NodeExists')) return
      if (!isUnanswered(thrown)) throw thrown
    }
  }
}

/** Another program's nodes lie where ours would have to. */
export class ForeignCluster extends Error {
  override readonly name = 'ForeignCluster'
}

/**
 * Makes chroot and log where they are missing. Throws ForeignCluster where the chroot holds a cluster of Apache Kafka: two controllers that know nothing of
 * each other would write the same nodes.
 */
export async function prepareLayout(session: Session, chroot: string): Promise<void> {
  if (await lookOr(session, exists(paths.head))) return
  await makeChroot(session, chroot)
  if (await looksForeign(session)) {
    throw new ForeignCluster(
      `${chroot === '' ? 'ZooKeeper' : `the chroot ${chroot} in ZooKeeper`} holds a cluster of Apache Kafka (it has /controller_epoch or topics, and no ${METADATA}): ` +
        'name another chroot at the end of zookeeper.connect, such as host:2181/odradek, or an empty ensemble',
    )
  }
  const change = multi(
    create(ROOT, null),
    create(METADATA, null),
    create(paths.head, encodeHead({ epoch: 0, endOffset: 0 })),
    create(paths.entries, null),
    create(paths.snapshots, null),
  )
  await session.look(change).catch((thrown: unknown) => {
    if (!isZooKeeperError(thrown, 'NodeExists')) throw thrown // another node was quicker, or our first answer was lost
  })
}

async function makeChroot(session: Session, chroot: string): Promise<void> {
  const names = chroot.split('/').slice(1)
  for (let i = 1; i <= names.length; i++) await ensure(session, belowRoot(create(`/${names.slice(0, i).join('/')}`, null)))
}

/** The same change with its path as it stands, without the chroot. */
function belowRoot<T>(change: Change<T>): Change<T> {
  return {
    ...change,
    write: (to: ByteWriter, _prefix, watches) => change.write(to, '', watches),
    read: (from) => change.read(from, ''),
  }
}

async function looksForeign(session: Session): Promise<boolean> {
  const hasEpoch = await lookOr(session, exists(paths.controllerEpoch))
  const topics = await lookOr(session, getChildren('/brokers/topics'))
  if (!hasEpoch && !topics?.names.length) return false
  return (await lookOr(session, exists(ROOT))) === null // one of ours may have come first, just now
}

/** How far the log goes, and who wrote its end. */
export interface Head {
  readonly epoch: number
  /** Exclusive: everything below it is committed. */
  readonly endOffset: number
}

export function encodeHead({ epoch, endOffset }: Head): Uint8Array {
  return bytesOfJson({ version: 1, epoch, endOffset })
}

export interface HeadNode extends Head {
  readonly version: number
}

export async function readHead(session: Session, changed?: () => void): Promise<HeadNode> {
  const node = await session.look(getData(paths.head), changed)
  const json = jsonOf(paths.head, node)
  return {
    epoch: numberIn(paths.head, json, 'epoch'),
    endOffset: numberIn(paths.head, json, 'endOffset'),
    version: node.stat.version,
  }
}

/** Both a promise and what settles it, for a watch. */
export function signal(): { readonly fired: Promise<void>; readonly fire: () => void } {
  const { promise, resolve } = deferred<void>()
  return { fired: promise, fire: resolve }
}
