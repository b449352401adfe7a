// A look inside the broker: what may never be, after any event, and whether its machines are what their logs say.

import type { Broker } from '../../src/broker/broker.ts'
import { GROUPS_TOPIC } from '../../src/coordinator/group/coordinator.ts'
import { GroupMachine } from '../../src/coordinator/group/group-machine.ts'
import { groupRecords } from '../../src/coordinator/group/records.ts'
import type { Log } from '../../src/log/log.ts'
import { Replay } from '../../src/machine/replay.ts'
import { MetadataImage } from '../../src/metadata/image.ts'
import { metadataCodec } from '../../src/metadata/records.ts'
import { restoreImage } from '../../src/metadata/restore.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { violated } from './history.ts'

/** Holds of every partition at every moment. */
export class Watch {
  readonly #seen = new WeakMap<Log, { highWatermark: number; startOffset: number }>()

  /** `isDamaged`: the disk has lost what was there, and the broker may begin anew. */
  look({ rooms }: Broker, isDamaged = false): void {
    for (const { log, name, lastStableOffset, role, isLeader } of rooms.replicas.all()) {
      const { startOffset, highWatermark, flushedOffset, writtenOffset, endOffset } = log
      // A follower believes its leader, and its own copy may still be on its way to the device; one that led alone has promised.
      const most = role.replicas.length > 1 ? endOffset : flushedOffset
      const isCommitted = startOffset <= highWatermark && highWatermark <= most
      // While a follower's end is cut off, what was written is known to be less only once that is done.
      const isWritten = !isLeader || (flushedOffset <= writtenOffset && writtenOffset <= endOffset)
      if (log.offline === null && !(isCommitted && isWritten)) {
        const order = [startOffset, highWatermark, flushedOffset, writtenOffset, endOffset]
        violated(`${name}: start, high watermark, flushed, written and end are ${order.join(', ')}`)
      }
      if (lastStableOffset > highWatermark)
        violated(`${name}: stable up to ${lastStableOffset}, committed up to ${highWatermark}`)
      const before = this.#seen.get(log)
      if (before && before.highWatermark > highWatermark && !isDamaged)
        violated(`${name}: the high watermark went back from ${before.highWatermark} to ${highWatermark}`)
      if (before && before.startOffset > startOffset)
        violated(`${name}: the log start went back from ${before.startOffset} to ${startOffset}`)
      if (before?.highWatermark !== highWatermark || before.startOffset !== startOffset)
        this.#seen.set(log, { highWatermark, startOffset })
    }
  }
}

/** Replays the log of every machine and compares what comes out with what was lived. While nobody works. */
export async function checkReplay({ rooms }: Broker, platform: Platform): Promise<void> {
  const { metadata, groups, replicas } = rooms
  const { log } = metadata
  const image = new MetadataImage()
  const from = await restoreImage(log, image)
  const common = { clock: platform.clock, logger: platform.logger, stopped: () => false }
  const machine = { apply: (record: Parameters<MetadataImage['apply']>[0]) => void image.apply(record) }
  await new Replay({ machine, log, codec: metadataCodec, name: 'replayed metadata', from, ...common }).toEnd()
  equal('the image of the metadata', plainImage(metadata.publisher.image), plainImage(image))
  const controller = metadata.runtime?.machine
  if (controller) equal('the image of the controller', plainImage(controller.image), plainImage(image))
  for (const [index, lived] of groups.machines) {
    const partition = replicas.get(GROUPS_TOPIC, index)!
    const replayed = new GroupMachine(lived.settings)
    const options = { log: partition, codec: groupRecords, name: 'replayed groups', from: partition.startOffset }
    await new Replay({ machine: replayed, ...options, ...common }).toEnd()
    equal(`the groups of ${partition.name}`, plainGroups(lived), plainGroups(replayed))
  }
}

/** The producers of a partition as they are remembered. */
export function plainProducers({ producers }: Log): string {
  return plain([...producers.entries.values()].sort((a, b) => a.producerId - b.producerId))
}

function equal(what: string, lived: string, replayed: string): void {
  if (lived === replayed) return
  let at = 0
  while (lived[at] === replayed[at]) at++
  const near = (text: string) => text.slice(Math.max(0, at - 200), at + 200)
  violated(`${what} was not lived as it was written:\nlived    ${near(lived)}\nreplayed ${near(replayed)}`)
}

function plainGroups({ groups }: GroupMachine): string {
  const hard = [...groups.values()]
    .filter(({ written, offsets }) => written !== null || !offsets.isEmpty)
    .map(({ id, written, offsets }) => ({ id, written, offsets: new Map(offsets.topics()) }))
  return plain(hard.sort((a, b) => (a.id < b.id ? -1 : 1)))
}

export function plainImage(image: MetadataImage): string {
  const { features, brokers, controllers, topics, configs, quotas, scram, acls, delegationTokens, nextProducerId } = image
  return plain({ features, brokers, controllers, topics, configs, quotas, scram, acls, delegationTokens, nextProducerId })
}

/** Equal for equal content: bytes as hex, maps in the order of their keys. */
function plain(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string) {
    const one = this[key]
    if (typeof one === 'bigint') return `${one}n`
    if (one instanceof Uint8Array) return Buffer.from(one).toString('hex')
    if (one instanceof Map) return [...one].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    if (one instanceof Set) return [...one].sort()
    return one
  })
}
