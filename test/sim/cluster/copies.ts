// The copies of every partition, and of the metadata log: byte for byte the same below the high watermark.

import { crc32c } from '../../../src/base/crc32c.ts'
import type { Log } from '../../../src/log/log.ts'
import type { SimDevice } from '../../../src/platform/sim/disk.ts'
import { SimDirectory, SimInode } from '../../../src/platform/sim/inode.ts'
import { batches, type RecordBatch } from '../../../src/protocol/records/batch.ts'
import { violated } from '../history.ts'
import type { ClusterNode } from './layout.ts'

interface Batch {
  readonly crc: number
  readonly by: number
}

/** Where one copy was damaged, and may still be. */
export interface Flip {
  readonly id: number
  readonly topic: string
  readonly partition: number
  readonly baseOffset: number
}

export class Copies {
  readonly #nodes: readonly ClusterNode[]
  readonly #flips: readonly Flip[]
  /** By topic id and partition, then by base offset: what was committed, as the first copy had it. */
  readonly #ledger = new Map<string, Map<number, Batch>>()
  /** How far each log was compared. */
  readonly #seen = new WeakMap<Log, number>()

  constructor(nodes: readonly ClusterNode[], flips: readonly Flip[]) {
    this.#nodes = nodes
    this.#flips = flips
  }

  /** The logs in whose files a bit that turned over is as it fell, whether their brokers have met it or not. */
  get spoiled(): readonly Log[] {
    return this.#flips.flatMap(({ id, topic, partition, baseOffset }) => {
      const node = this.#nodes.find((one) => one.id === id)
      const log = node?.broker?.rooms.replicas.get(topic, partition)?.log
      if (!node || !log || log.offline) return []
      for (const batch of written(node.machine.device, log.dir, baseOffset, log.endOffset))
        if (batch.baseOffset === baseOffset) return batch.checksumMatches() ? [] : [log]
      return []
    })
  }

  /** Compares what came since the last look; everything where `isWhole`, and then what was damaged, too, once it is mended. */
  look(isWhole: boolean): void {
    for (const node of this.#nodes) {
      const { broker } = node
      if (!broker) continue
      const { files } = broker.metadata
      if (files && !files.offline) this.#compare(node, files, 'metadata', isWhole)
      if (!node.isBroker) continue
      for (const { log, topicId, index } of broker.rooms.replicas.all())
        if (!log.offline) this.#compare(node, log, `${topicId} ${index}`, isWhole)
    }
  }

  #compare(node: ClusterNode, log: Log, key: string, isWhole: boolean): void {
    // What a follower took from its leader a moment ago may not be written yet.
    const end = Math.min(log.highWatermark, log.writtenOffset)
    const from = isWhole ? log.startOffset : Math.max(log.startOffset, this.#seen.get(log) ?? 0)
    this.#seen.set(log, end)
    if (from >= end) return
    let ledger = this.#ledger.get(key)
    if (!ledger) this.#ledger.set(key, (ledger = new Map()))
    let next = from
    for (const batch of written(node.machine.device, log.dir, from, end)) {
      const { baseOffset, nextOffset } = batch
      if (this.#isDamaged(node.id, log, baseOffset) && !(isWhole && batch.checksumMatches())) {
        next = nextOffset
        continue
      }
      if (baseOffset > next)
        violated(`${log.topic}-${log.partition} of node ${node.id} has nothing from ${next} to ${baseOffset}`)
      const crc = crc32c(batch.slice())
      const known = ledger.get(baseOffset)
      if (known && known.crc !== crc)
        violated(`${log.topic}-${log.partition} of nodes ${known.by} and ${node.id} differs at ${baseOffset}, which is committed`)
      if (!known) ledger.set(baseOffset, { crc, by: node.id })
      next = nextOffset
    }
    if (next < end)
      violated(`${log.topic}-${log.partition} of node ${node.id} is committed up to ${end}, and has nothing from ${next} on`)
  }

  #isDamaged(id: number, { topic, partition }: Log, baseOffset: number): boolean {
    return this.#flips.some(
      (flip) => flip.id === id && flip.topic === topic && flip.partition === partition && flip.baseOffset === baseOffset,
    )
  }
}

/** The batches that hold offsets from `from` up to `end`, as every process of the machine would read them. */
function* written(device: SimDevice, dir: string, from: number, end: number): Generator<RecordBatch, void, undefined> {
  const found = device.find(dir)
  if (!(found instanceof SimDirectory)) return
  const segments = [...found.entries].filter(([name]) => name.endsWith('.log')).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [i, [, inode]] of segments.entries()) {
    const next = segments[i + 1]
    if (!(inode instanceof SimInode) || (next && Number.parseInt(next[0], 10) <= from)) continue
    for (const batch of batches(inode.bytes)) {
      if (batch.nextOffset <= from) continue
      if (batch.nextOffset > end) return
      yield batch
    }
  }
}
