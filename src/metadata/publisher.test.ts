import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import { silentLogger } from '../platform/logger.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { metadataBatches } from './batches.ts'
import { type MetadataDelta, MetadataPublisher } from './publisher.ts'
import { type MetadataRecord, partitionChange, record } from './records.ts'
import type { MetadataLogSource, SnapshotPlace } from './restore.ts'
import { Snapshotter } from './snapshotter.ts'

/** A metadata log in memory, with its snapshots. */
class TestLog extends MemoryLog implements MetadataLogSource {
  readonly snapshots: (SnapshotPlace & { readonly batches: readonly Uint8Array[]; readonly lastTimestamp: number })[] = []
  readonly #listeners: ((batches: readonly RecordBatch[]) => void)[] = []
  #waiting: RecordBatch[] = []
  readonly #restored: ((snapshot: SnapshotPlace) => void)[] = []
  failure: Error | null = null
  unreadable: Error | null = null

  constructor() {
    super('whenTold')
  }

  write(records: readonly MetadataRecord[], timestamp = 1): void {
    for (const bytes of metadataBatches(records, timestamp)) {
      this.append(bytes)
      this.#waiting.push(new RecordBatch(bytes))
    }
  }

  writeRaw(value: Uint8Array): void {
    const bytes = buildBatch({ records: [{ key: null, value, timestamp: 1 }] })
    this.append(bytes)
    this.#waiting.push(new RecordBatch(bytes))
  }

  /** What another node wrote stands for all below its end. */
  goOnBehind(snapshot: (typeof this.snapshots)[number]): void {
    this.snapshots.push(snapshot)
    this.endOffset = this.committedOffset = snapshot.endOffset
    for (const run of this.#restored) run(snapshot)
  }

  onRestored(run: (snapshot: SnapshotPlace) => void): void {
    this.#restored.push(run)
  }

  override commit(offset: number = this.endOffset): void {
    const committed = this.#waiting.filter(({ nextOffset }) => nextOffset <= offset)
    this.#waiting = this.#waiting.filter(({ nextOffset }) => nextOffset > offset)
    this.committedOffset = offset
    if (committed.length > 0) for (const run of this.#listeners) run(committed)
  }

  onCommittedBatches(run: (batches: readonly RecordBatch[]) => void): void {
    this.#listeners.push(run)
  }

  newestSnapshot(): SnapshotPlace | null {
    return this.snapshots.at(-1) ?? null
  }

  async *readSnapshot(): AsyncGenerator<RecordBatch> {
    if (this.unreadable) throw this.unreadable
    for (const bytes of this.snapshots.at(-1)!.batches) yield new RecordBatch(bytes)
  }

  async writeSnapshot(endOffset: number, lastTimestamp: number, data: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.failure) throw this.failure
    const batches: Uint8Array[] = []
    for await (const bytes of data) batches.push(bytes)
    this.snapshots.push({ endOffset, epoch: 0, batches, lastTimestamp })
  }
}

const topic = (name: string, seed: number) =>
  record('TopicRecord', { name, topicId: Buffer.alloc(16, seed).toString('base64url') })
const partition = (seed: number) =>
  record('PartitionRecord', {
    partitionId: 0,
    topicId: Buffer.alloc(16, seed).toString('base64url'),
    replicas: [1, 2],
    isr: [1, 2],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: [],
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  })
const turn = () => new Promise<void>((resume) => setImmediate(resume))

function house(log = new TestLog()) {
  const clock = new ManualClock()
  const publisher = new MetadataPublisher({ log, clock, logger: silentLogger })
  return { log, clock, publisher }
}

test('the first change tells everything that is committed, the next ones what came since', async () => {
  const { log, publisher } = house()
  log.write([topic('a', 1), topic('b', 2)])
  log.commit(2)
  log.write([topic('uncommitted', 3)])
  const told: [boolean, string[]][] = []
  publisher.subscribe('x', (delta) => void told.push([delta.isFirst, delta.topicsCreated.map(({ name }) => name)]))
  await publisher.load()
  assert.deepEqual(told, [[true, ['a', 'b']]])
  log.commit()
  assert.ok(publisher.image.topic('uncommitted'), 'the image is there as soon as the commit is')
  await publisher.reached(3)
  assert.deepEqual(told, [
    [true, ['a', 'b']],
    [false, ['uncommitted']],
  ])
})

test('subscribers run one after the other, change after change, and one that fails does not stop them', async () => {
  const { log, publisher } = house()
  const order: string[] = []
  publisher.subscribe('slow', async ({ endOffset }) => {
    await turn()
    order.push(`slow ${endOffset}`)
    if (endOffset === 1) throw new Error('no')
  })
  publisher.subscribe('quick', ({ endOffset }) => void order.push(`quick ${endOffset}`))
  await publisher.load()
  log.write([topic('a', 1)])
  log.commit()
  log.write([topic('b', 2)])
  log.commit()
  assert.equal(publisher.publishedOffset, 0)
  await publisher.reached(2)
  assert.deepEqual(order, ['slow 0', 'quick 0', 'slow 1', 'quick 1', 'slow 2', 'quick 2'])
})

test('a snapshot and the log behind it give the same image as the whole log', async () => {
  const { log, clock, publisher } = house()
  const snapshotter = new Snapshotter({
    publisher,
    log,
    clock,
    logger: silentLogger,
    bytesBetween: () => 1e9,
    intervalMs: () => 0,
  })
  await publisher.load()
  log.write(Array.from({ length: 1200 }, (_, i) => topic(`t${i}`, i)).slice(0, 250))
  log.commit()
  const written = snapshotter.write()
  log.write([topic('later', 251)], 9)
  log.commit()
  await written
  assert.equal(log.newestSnapshot()!.endOffset, 250)
  const again = house(log)
  await again.publisher.load()
  assert.deepEqual(again.publisher.image.topics, publisher.image.topics)
  assert.deepEqual([again.publisher.endOffset, again.publisher.lastTimestamp], [251, 9])
})

test('snapshots come after enough bytes or enough time, not inside a metadata transaction, and again after a failure', async () => {
  const { log, clock, publisher } = house()
  new Snapshotter({ publisher, log, clock, logger: silentLogger, bytesBetween: () => 1000, intervalMs: () => 60_000 })
  await publisher.load()
  let seed = 0
  const say = async (count: number, ...more: MetadataRecord[]) => {
    log.write([...Array.from({ length: count }, () => topic(`t${++seed}`, seed)), ...more])
    log.commit()
    await publisher.reached(log.endOffset)
    for (let i = 0; i < 5; i++) await turn()
  }
  await say(1)
  assert.equal(log.snapshots.length, 0)
  log.failure = new Error('disk full')
  await say(50)
  log.failure = null
  await say(1)
  assert.equal(log.snapshots.length, 1)
  await say(40, record('BeginTransactionRecord', { name: null }))
  assert.equal(log.snapshots.length, 1)
  await say(1, record('EndTransactionRecord', {}))
  assert.equal(log.snapshots.length, 2)
  await clock.advance(60_001)
  await say(1)
  assert.equal(log.snapshots.length, 3)
})

test('what is committed while a snapshot is written counts for the next one', async () => {
  const { log, clock, publisher } = house()
  const snapshotter = new Snapshotter({
    publisher,
    log,
    clock,
    logger: silentLogger,
    bytesBetween: () => 1000,
    intervalMs: () => 0,
  })
  await publisher.load()
  const first = snapshotter.write()
  log.write(Array.from({ length: 50 }, (_, i) => topic(`t${i}`, i)))
  log.commit()
  await publisher.reached(log.endOffset)
  await first
  assert.equal(log.snapshots.length, 1)
  log.write([topic('one more', 99)])
  log.commit()
  await publisher.reached(log.endOffset)
  for (let i = 0; i < 5; i++) await turn()
  assert.equal(log.snapshots.at(-1)!.endOffset, 51)
  assert.equal(log.snapshots.length, 2)
})

test('a publisher that is about to stop says so, and still tells what changes', async () => {
  const { log, publisher } = house()
  const told: boolean[] = []
  publisher.subscribe('x', (_delta, isStopping) => void told.push(isStopping()))
  await publisher.load()
  publisher.beginStop()
  log.write([topic('a', 1)])
  log.commit()
  await publisher.reached(1)
  assert.deepEqual(told, [false, true])
})

test('a publisher that stops waits for the subscriber at work, tells it so, and tells nobody of anything after it', async () => {
  const { log, publisher } = house()
  const told: string[] = []
  publisher.subscribe('slow', async (_delta, isStopping) => {
    told.push('begins')
    while (!isStopping()) await turn()
    told.push('gives up')
  })
  publisher.subscribe('next', () => void told.push('never'))
  void publisher.load()
  await turn()
  log.write([topic('a', 1)])
  log.commit()
  const early = assert.rejects(publisher.reached(1), /stopping/)
  assert.deepEqual(told, ['begins'])
  await publisher.stop()
  assert.deepEqual(told, ['begins', 'gives up'])
  await early
  await assert.rejects(publisher.reached(1), /stopping/)
})

test('a node that goes on behind a snapshot tells what it missed, and loses nothing that is committed meanwhile', async () => {
  const leader = house()
  await leader.publisher.load()
  leader.log.write([topic('kept', 1), topic('gone', 2), partition(1)])
  leader.log.commit()
  const follower = house()
  follower.log.write([topic('kept', 1), topic('gone', 2), partition(1)])
  follower.log.commit()
  await follower.publisher.load()
  const told: MetadataDelta[] = []
  follower.publisher.subscribe('x', (delta) => void told.push(delta))

  const { id: goneId } = leader.publisher.image.topic('gone')!
  const min = record('ConfigRecord', { resourceType: 4, resourceName: '', name: 'min.insync.replicas', value: '2' })
  const { id: keptId } = leader.publisher.image.topic('kept')!
  leader.log.write([
    record('RemoveTopicRecord', { topicId: goneId }),
    topic('new', 3),
    min,
    partitionChange(keptId, 0, { leader: 2 }),
  ])
  leader.log.commit()
  await new Snapshotter({ ...leader, logger: silentLogger, bytesBetween: () => 1, intervalMs: () => 0 }).write()

  const image = follower.publisher.image
  follower.log.goOnBehind(leader.log.snapshots.at(-1)!)
  follower.log.write([topic('meanwhile', 4)])
  follower.log.commit()
  assert.ok(image.topic('gone'), 'until the new image is whole the old one holds')
  await follower.publisher.reached(8)
  assert.equal(follower.publisher.image, image)
  assert.deepEqual([...image.topics.keys()].sort(), ['kept', 'meanwhile', 'new'])
  assert.deepEqual(
    image.topics.get('kept')!.partitions.map(({ leader: id }) => id),
    [2],
  )
  const [first] = told
  assert.deepEqual(
    [first!.isFirst, first!.topicsDeleted.map(({ name }) => name), first!.configsChanged],
    [false, ['gone'], [{ type: 'broker', name: '' }]],
  )
  assert.deepEqual(
    first!.partitionsChanged.map(({ before, after }) => [before!.leader, after.leader]),
    [[1, 2]],
  )
  const created = told.flatMap(({ topicsCreated }) => topicsCreated.map(({ name }) => name))
  assert.deepEqual(created.sort(), ['meanwhile', 'new'])
})

test('a snapshot that cannot be read is tried again, and a newer one ends the wait for it', async () => {
  const { log, clock, publisher } = house()
  await publisher.load()
  const snapshot = (name: string, endOffset: number) => ({
    endOffset,
    epoch: 0,
    lastTimestamp: 1,
    batches: [...metadataBatches([topic(name, endOffset)], 1)],
  })
  log.unreadable = new Error('the disk failed')
  log.goOnBehind(snapshot('first', 5))
  for (let i = 0; i < 5; i++) await turn()
  assert.equal(publisher.endOffset, 0)
  log.unreadable = null
  await clock.advance(1001)
  await publisher.reached(5)
  assert.deepEqual([...publisher.image.topics.keys()], ['first'])
  log.goOnBehind(snapshot('second', 6))
  log.goOnBehind(snapshot('third', 7))
  await publisher.reached(7)
  assert.deepEqual([...publisher.image.topics.keys()], ['third'])
})

test('no snapshot is written of an image that does not know all of the log', async () => {
  const { log, clock, publisher } = house()
  new Snapshotter({ publisher, log, clock, logger: silentLogger, bytesBetween: () => 1, intervalMs: () => 0 })
  await publisher.load()
  // Frame version 1, and a kind that Kafka 4.2 does not have.
  for (const value of [Uint8Array.of(1, 99, 0), Uint8Array.of(1, 2, 9)]) {
    log.writeRaw(value)
    log.write([topic(`t${value[1]}`, value[1]!)])
    log.commit()
    await publisher.reached(log.endOffset)
  }
  assert.deepEqual([publisher.hasUnknown, log.snapshots.length], [true, 0])
  assert.equal(publisher.image.topics.size, 2, 'what it knows counts')
})
