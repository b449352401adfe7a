// The metadata logs of two runs of a real three-node Kafka 4.2 cluster, decision by decision.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directory, named, TestController } from '../../../test/support/test-controller.ts'
import { activate } from './activation.ts'
import { alterPartition } from './alter-partition.ts'
import { electLeaders } from './elect-leaders.ts'
import { heartbeat } from './heartbeats.ts'
import { alterReassignments } from './reassignments.ts'

const CHANGE = 'BrokerRegistrationChangeRecord'

/** Brokers 1 to 3, and topic t as it was made there. */
class Recorded extends TestController {
  now = 0
  readonly #alive = new Set([1, 2, 3])

  static start(): Recorded {
    const it = new Recorded()
    it.run((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
    for (const id of [1, 2, 3]) it.start(id)
    const stripes = [
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
    ]
    it.topic('t', stripes, { 'min.insync.replicas': '2' })
    return it
  }

  /** What `act` writes. */
  writes(act: () => void): unknown[] {
    const before = this.written.length
    act()
    return this.written.slice(before).map(({ kind, value }) => named([kind, value]))
  }

  kill(id: number): void {
    this.#alive.delete(id)
  }

  /** The process is back, without a marker; registered it is, and not unfenced. */
  comesBack(id: number): void {
    this.#alive.add(id)
    this.register(id, -1, undefined, null, this.now)
  }

  beat(id: number, wantShutDown = false) {
    const currentMetadataOffset = this.written.length - 1
    const request = { brokerId: id, brokerEpoch: this.epochOf(id), currentMetadataOffset, wantFence: false, wantShutDown }
    return this.run((controller) => heartbeat(controller, request, this.now), this.now)
  }

  /** Nine seconds go by, with the heartbeats of those who live. */
  session(): void {
    for (let i = 0; i < 5; i++) {
      this.now += 2000
      this.tick(this.now)
      for (const id of this.#alive) this.beat(id)
    }
  }

  inSync(partitionIndex: number, isr: readonly number[]): void {
    const { leader: brokerId, leaderEpoch, partitionEpoch } = this.partition('t', partitionIndex)
    const newIsrWithEpochs = isr.map((id) => ({ brokerId: id, brokerEpoch: this.epochOf(id) }))
    const proposed = { partitionIndex, leaderEpoch, newIsr: [], newIsrWithEpochs, leaderRecoveryState: 0, partitionEpoch }
    const topics = [{ topicId: this.controller.image.topic('t')!.id, partitions: [proposed] }]
    this.run((controller) => alterPartition(controller, { brokerId, brokerEpoch: this.epochOf(brokerId), topics }), this.now)
  }
}

test('the first run: a leader is killed and returns, another one leads the quorum, a broker leaves, a replica moves', () => {
  const it = Recorded.start()

  it.kill(1)
  assert.deepEqual(
    it.writes(() => it.session()),
    [{ isr: [2, 3], leader: 2 }, { isr: [2, 3] }, { isr: [3, 2] }, CHANGE],
  )
  assert.deepEqual(
    it.writes(() => it.comesBack(1)),
    ['RegisterBrokerRecord'],
  )
  assert.deepEqual(
    it.writes(() => it.beat(1)),
    [CHANGE],
    'whoever is back is in no ISR by that',
  )
  for (const index of [2, 1, 0])
    assert.deepEqual(
      it.writes(() => it.inSync(index, [1, 2, 3])),
      [{ isr: [1, 2, 3] }],
    )
  const preferred = { electionType: 0, topicPartitions: [{ topic: 't', partitions: [0] }] }
  assert.deepEqual(
    it.changesOf((controller) => electLeaders(controller, preferred)),
    [{ leader: 1 }],
  )

  // A new controller gives everybody a whole session; 3 died with the old one.
  it.controller.onUnloaded()
  it.controller.onLoaded(it.now)
  it.kill(3)
  assert.deepEqual(
    it.writes(() => it.session()),
    [{ isr: [1, 2] }, { isr: [1, 2] }, { isr: [1, 2], leader: 1 }, CHANGE],
  )
  it.comesBack(3)
  it.beat(3)
  for (const index of [1, 2, 0]) it.inSync(index, [1, 2, 3])

  assert.deepEqual(
    it.writes(() => it.beat(1, true)),
    [CHANGE, { isr: [2, 3], leader: 2 }, { isr: [2, 3] }, { isr: [2, 3], leader: 3 }],
  )
  for (const id of [2, 3]) it.beat(id)
  assert.deepEqual(
    it.writes(() => it.beat(1, true)),
    [CHANGE],
  )
  it.start(1, it.epochOf(1))
  for (const index of [0, 1, 2]) it.inSync(index, [1, 2, 3])

  it.start(4)
  const topics = [{ name: 't', partitions: [{ partitionIndex: 1, replicas: [4, 1, 2] }] }]
  assert.deepEqual(
    it.changesOf((controller) => alterReassignments(controller, { allowReplicationFactorChange: true, topics })),
    [{ replicas: [4, 1, 2, 3], removingReplicas: [3], addingReplicas: [4], directories: [4, 1, 2, 3].map(directory) }],
  )
  const led = it.partition('t', 1).leader
  assert.deepEqual(
    it.writes(() => it.inSync(1, [1, 2, 3, 4])),
    [
      {
        isr: [1, 2, 4],
        // In the recording 3 led, and 4 took over.
        leader: led,
        replicas: [4, 1, 2],
        removingReplicas: [],
        addingReplicas: [],
        directories: [4, 1, 2].map(directory),
      },
    ],
  )
})

test('the second run: an ISR shrinks below its minimum, and the last of it is killed', () => {
  const it = Recorded.start()
  const steps: [isr: number[], record: object][] = [
    [[1], { isr: [1], eligibleLeaderReplicas: [2, 3] }],
    [[1, 3], { isr: [1, 3], eligibleLeaderReplicas: [] }],
    [[1, 2, 3], { isr: [1, 2, 3] }],
    [[1], { isr: [1], eligibleLeaderReplicas: [2, 3] }],
  ]
  for (const [isr, record] of steps)
    assert.deepEqual(
      it.writes(() => it.inSync(0, isr)),
      [record],
    )
  it.kill(1)
  assert.deepEqual(
    it.writes(() => it.session()),
    [{ isr: [2], leader: 2, eligibleLeaderReplicas: [1, 3] }, { isr: [2, 3] }, { isr: [3, 2] }, CHANGE],
  )
  assert.deepEqual(
    it.writes(() => it.inSync(0, [2, 3])),
    [{ isr: [2, 3], eligibleLeaderReplicas: [] }],
  )
  assert.deepEqual(
    it.writes(() => it.comesBack(1)),
    ['RegisterBrokerRecord'],
  )
  assert.deepEqual(
    it.writes(() => it.beat(1)),
    [CHANGE],
  )
  for (const index of [2, 1, 0])
    assert.deepEqual(
      it.writes(() => it.inSync(index, [1, 2, 3])),
      [{ isr: [1, 2, 3] }],
    )
})
