import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as chaos from '../../../test/support/controller-chaos.ts'
import fc from '../../../test/support/fast-check.ts'
import { TestController } from '../../../test/support/test-controller.ts'
import type { MetadataImage } from '../image.ts'
import { recordsOf } from '../image-records.ts'
import { NO_LEADER, type PartitionImage } from '../partition.ts'
import { metadataCodec } from '../records.ts'
import { Controller } from './controller.ts'

const acts: readonly chaos.Act[] = [
  chaos.beats,
  chaos.beats,
  chaos.beats,
  chaos.reports,
  chaos.reports,
  chaos.reports,
  chaos.moves,
  chaos.moves,
  chaos.elections,
  chaos.uncleanElections,
  chaos.balance,
  chaos.creates,
  chaos.creates,
  chaos.deletes,
  chaos.grows,
  chaos.changesMinIsr,
  chaos.allowsUnclean,
  chaos.switchesElr,
  chaos.forgets,
  chaos.allocates,
  chaos.places,
  chaos.chores,
]

const isWithin = (some: readonly number[], all: readonly number[]) => some.every((id) => all.includes(id))
const hasTwice = (ids: readonly number[]) => new Set(ids).size < ids.length

/** Null where all holds that must hold of one partition in this cluster. */
function whatIsWrong(image: MetadataImage, one: PartitionImage): string | null {
  const { leader, isr, elr, lastKnownElr, replicas, addingReplicas, removingReplicas, directories } = one
  if (leader !== -1 && !isr.includes(leader)) return 'the leader is outside the ISR'
  const broker = image.brokers.get(leader)
  if (leader !== -1 && (!broker || broker.fenced)) return 'the leader does not serve'
  if (!isWithin(isr, replicas) || hasTwice(isr)) return 'the ISR is not among the replicas'
  if (!isWithin(elr, replicas) || isr.some((id) => elr.includes(id))) return 'the ELR overlaps the ISR or leaves the replicas'
  if (!isWithin(lastKnownElr, replicas)) return 'who led last is no replica any more'
  if (lastKnownElr.length > 1 || (leader !== -1 && lastKnownElr.length > 0)) return 'a last leader is kept beside a leader'
  if (replicas.length === 0 || hasTwice(replicas)) return 'replicas are missing or doubled'
  if (!isWithin(addingReplicas, replicas) || !isWithin(removingReplicas, replicas)) return 'what moves is no replica'
  if (isWithin(replicas, removingReplicas)) return 'all replicas are to go'
  return directories.length === replicas.length ? null : 'directories and replicas differ in number'
}

const isrs = ({ topics }: MetadataImage) =>
  new Map(
    [...topics.values()].flatMap(({ id, partitions }) => partitions.map(({ partition, isr }) => [`${id} ${partition}`, isr])),
  )

function whoJoinedFenced(before: ReadonlyMap<string, readonly number[]>, image: MetadataImage): number[] {
  const joined = [...isrs(image)].flatMap(([place, isr]) => isr.filter((id) => !before.get(place)?.includes(id)))
  return joined.filter((id) => image.brokers.get(id)?.fenced !== false)
}

interface Epochs {
  leader: number
  partition: number
}

/** Epochs that never go back, by partition and by broker. */
class Watermarks {
  readonly #partitions = new Map<string, Epochs>()
  readonly #brokers = new Map<number, number>()
  #producerIds = 0

  look(image: MetadataImage): void {
    for (const { id, partitions } of image.topics.values()) {
      for (const { partition, leaderEpoch, partitionEpoch } of partitions) {
        const before = this.#partitions.get(`${id} ${partition}`) ?? { leader: 0, partition: 0 }
        assert.ok(leaderEpoch >= before.leader && partitionEpoch >= before.partition, 'an epoch went back')
        this.#partitions.set(`${id} ${partition}`, { leader: leaderEpoch, partition: partitionEpoch })
      }
    }
    for (const { id, epoch } of image.brokers.values()) {
      assert.ok(epoch >= (this.#brokers.get(id) ?? -1), 'a broker epoch went back')
      this.#brokers.set(id, epoch)
    }
    assert.ok(image.nextProducerId >= this.#producerIds, 'producer ids were given twice')
    this.#producerIds = image.nextProducerId
  }
}

function listedLeaderless({ leaderless }: MetadataImage): string[] {
  return [...leaderless].flatMap(([id, partitions]) => [...partitions].map((partition) => `${id} ${partition}`)).sort()
}

function leaderless({ topics }: MetadataImage): string[] {
  const found = [...topics.values()].flatMap(({ id, partitions }) =>
    partitions.filter(({ leader }) => leader === NO_LEADER).map(({ partition }) => `${id} ${partition}`),
  )
  return found.sort()
}

/** All that an image holds, comparable. */
function contents({ features, brokers, controllers, topics, topicsById, configs, nextProducerId }: MetadataImage) {
  return { features, brokers, controllers, topics, topicsById, configs, nextProducerId }
}

const chance = () => ({ next: () => 0.5, bytes: (length: number) => Buffer.alloc(length, 3) })

/** A controller that was loaded from a snapshot of the other's image. */
function successor({ controller, written }: TestController): Controller {
  const next = new Controller({ ...controller.settings, random: chance(), nextOffset: () => written.length })
  for (const entry of recordsOf(controller.image)) {
    const { key, value } = metadataCodec.encode(entry)
    next.image.apply(metadataCodec.decode(key, value)!)
  }
  return next
}

/** One with the very image that lived. */
function contemporary({ controller, written }: TestController): Controller {
  const same = new Controller({ ...controller.settings, random: chance(), nextOffset: () => written.length })
  return Object.assign(same, { image: controller.image })
}

/** What a controller would write for what happens; nothing of it is written. */
function wouldWrite(controller: Controller, command: ReturnType<chaos.Act>, now: number): unknown {
  try {
    return command?.(controller, now).records
  } catch (thrown) {
    return String(thrown)
  }
}

/** Of these, what is decided hangs on the image alone. */
const withoutSessions = new Set(acts.filter((act) => act !== chaos.beats && act !== chaos.chores))

/** So many of the decisions are made twice. */
const ONE_IN = 12

test('whatever happens in whatever order, what a cluster must not be it never is', () => {
  const step = fc.tuple(fc.nat(acts.length + 3), fc.nat(1 << 16))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (choices) => {
      const it = TestController.withBrokers(...chaos.BROKERS)
      chaos.happens(it, chaos.creates(it, 2, 0), 0)
      const seen = new Watermarks()
      let now = 0
      for (const [which, n] of choices) {
        now += n % 1000
        it.tick(now)
        const act = acts[which]
        if (act) {
          const command = act(it, n, now)
          if (n % ONE_IN === 0 && withoutSessions.has(act)) {
            const decided = wouldWrite(contemporary(it), command, now)
            assert.deepEqual(wouldWrite(successor(it), command, now), decided, 'equal images decide alike')
          }
          const before = isrs(it.controller.image)
          chaos.happens(it, command, now)
          if (act === chaos.reports) assert.deepEqual(whoJoinedFenced(before, it.controller.image), [], 'who joins an ISR serves')
        } else if (which % 4 === 0) it.tick((now += 9001))
        else chaos.restarts(it, chaos.BROKERS[n % 5]!, n % 3 !== 0, now)
        const { image } = it.controller
        for (const { partitions } of image.topics.values()) {
          for (const partition of partitions) {
            const wrong = whatIsWrong(image, partition)
            if (wrong) assert.fail(`${wrong}: ${JSON.stringify(partition)}`)
          }
        }
        seen.look(image)
        assert.deepEqual(listedLeaderless(image), leaderless(image))
      }
      assert.deepEqual(contents(it.replayed()), contents(it.controller.image), 'replayed equals lived')
      assert.deepEqual(contents(successor(it).image), contents(it.controller.image), 'and so does a snapshot')
    }),
    { numRuns: 70 },
  )
})
