// Disks that spoil what they hold, under whole clusters: who finds its copy damaged does not lead, cuts nothing that others need, and makes it again from
// its leader. Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimInode } from '../../src/platform/sim/inode.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../../src/protocol/messages/elect-leaders.ts'
import { VirtualCluster } from '../support/virtual-cluster.ts'

const RECORDS = 9
const CONFIGS = { 'internal.segment.bytes': '300' }

interface Case {
  readonly topic: string
  readonly segment: 'closed' | 'active'
  readonly part: 'header' | 'records'
}

/** What is damaged of the copies on node 1, which leads all topics, and on node 2, which follows; one topic for each. */
const closed: Case = { topic: 'closed', segment: 'closed', part: 'records' }
const active: Case = { topic: 'active', segment: 'active', part: 'records' }
const framing: Case = { topic: 'framing', segment: 'closed', part: 'header' }
const all = [closed, active, framing]

/** Values are what was acknowledged, each at its offset. */
async function produce(cluster: VirtualCluster, { topic }: Case, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++)
    await cluster.during(cluster.client.produce(topic, 0, [`${i} ${'x'.repeat(60)}`], cluster.pause), 120_000)
}

/** Segment after segment. */
function bytesOf(cluster: VirtualCluster, id: number, { topic }: Case): Buffer {
  const { machine } = cluster.seat(id)
  const files = cluster.seat(id).names(`/data/${topic}-0`, /\.log$/)
  const found = files.map((name) => machine.device.find(`/data/${topic}-0/${name}`))
  return Buffer.concat(found.map((file) => (file instanceof SimInode ? file.bytes : Buffer.alloc(0))))
}

/** Damages one batch while the broker is down: what memory holds of the file would hide it. */
function spoil(cluster: VirtualCluster, id: number, { topic, segment, part }: Case) {
  const seat = cluster.seat(id)
  const names = seat.names(`/data/${topic}-0`, /\.log$/)
  assert.ok(names.length >= 4, `${names.length} segments`)
  const isClosed = segment === 'closed'
  return seat.spoil(`/data/${topic}-0/${isClosed ? names[1] : names.at(-1)}`, (count) => (isClosed ? 0 : count - 1), part)
}

const soundOn = (cluster: VirtualCluster, ids: readonly number[]) =>
  all.flatMap((one) => ids.map((id) => ({ one, id, bytes: bytesOf(cluster, id, one) })))

/** The copies on `victim` are those of the others again, which nothing was cut from. */
async function repaired(cluster: VirtualCluster, victim: number, sound: ReturnType<typeof soundOn>): Promise<void> {
  const other = victim === 1 ? 2 : 1
  await cluster.until('its copies are those of the others', () =>
    all.every((one) => {
      const isSound = cluster.replica(victim, one.topic)?.log.damage === null
      return isSound && bytesOf(cluster, victim, one).equals(bytesOf(cluster, other, one))
    }),
  )
  for (const { topic } of all) await cluster.until('it is in sync again', cluster.inSync(topic, 0, 1, 2, 3))
  for (const { one, id, bytes } of sound) {
    assert.ok(bytesOf(cluster, id, one).subarray(0, bytes.length).equals(bytes), `nothing of ${one.topic} on ${id} was cut`)
  }
}

async function elect(cluster: VirtualCluster, asked = 3): Promise<void> {
  const client = await cluster.during(cluster.client.at(cluster.seat(asked).server))
  const topicPartitions = all.map(({ topic }) => ({ topic, partitions: [0] }))
  const body = { electionType: 0, topicPartitions, timeoutMs: 5000 }
  await cluster.during(client.call(ElectLeadersRequest, ElectLeadersResponse, 2, body))
  await cluster.until('node 1 leads', () => all.every(({ topic }) => cluster.replica(1, topic)?.isLeader === true))
}

/** From here on damage is looked for, or no more. */
async function scrub(cluster: VirtualCluster, bytesPerSecond: number): Promise<void> {
  const client = await cluster.during(cluster.client.at(cluster.seat(3).server))
  const values = { 'log.scrub.bytes.per.second': `${bytesPerSecond}`, 'log.scrub.interval.ms': '1000' }
  assert.equal(errorName((await cluster.during(client.alterConfigs('broker', '', values))).errorCode), 'NONE')
}

test('records that a disk has spoiled under a cluster', async (t) => {
  const cluster = await VirtualCluster.start({ seed: 41, config: { 'log.scrub.bytes.per.second': '0' } })
  for (const one of all) {
    await cluster.during(cluster.client.createTopicOn(one.topic, [[1, 2, 3]], CONFIGS))
    await produce(cluster, one, 0, RECORDS)
    await cluster.until('all of it is in sync', cluster.inSync(one.topic, 0, 1, 2, 3))
  }
  const epochOf = ({ topic }: Case) => cluster.image(topic)!.leaderEpoch

  await t.test(
    'a leader that finds them, by a fetch or by the scrub, gives its leadership away and makes its copy anew',
    async () => {
      await cluster.stop(1)
      const damages = all.map((one) => spoil(cluster, 1, one))
      const sound = soundOn(cluster, [2, 3])
      cluster.start(1)
      await cluster.until('it serves', cluster.serving(1))
      for (const { topic } of all) await cluster.until('it is in sync: nobody knows', cluster.inSync(topic, 0, 1, 2, 3))
      await elect(cluster)
      const before = all.map(epochOf)
      const leader = await cluster.during(cluster.client.at(cluster.seat(1).server))
      const answer = await cluster.during(leader.fetch(framing.topic, 0, damages[2]!.startOffset))
      assert.equal(errorName(answer.errorCode), 'CORRUPT_MESSAGE')
      await cluster.until('another one leads', () => epochOf(framing) > before[2]!)
      assert.deepEqual([closed, active].map(epochOf), before.slice(0, 2), 'those were not looked at')
      await scrub(cluster, 1_000_000)
      await cluster.until('others lead', () => all.every((one, at) => epochOf(one) > before[at]!))
      await repaired(cluster, 1, sound)
      await scrub(cluster, 0)
    },
  )

  await t.test('a leader whose follower cannot take them finds them by that, without a scrub', async () => {
    await cluster.stop(3)
    for (const one of all) await produce(cluster, one, RECORDS, RECORDS + 3)
    await cluster.stop(1)
    const path = `/data/${active.topic}-0/${cluster
      .seat(1)
      .names(`/data/${active.topic}-0`, /\.log$/)
      .at(-1)}`
    cluster.seat(1).spoil(path, (count) => count - 1)
    const sound = soundOn(cluster, [2])
    cluster.start(1)
    await cluster.until('it serves', cluster.serving(1))
    for (const { topic } of all) await cluster.until('it is in sync: nobody knows', cluster.inSync(topic, 0, 1, 2))
    await elect(cluster, 2)
    const before = epochOf(active)
    cluster.start(3)
    await cluster.until('another one leads', () => epochOf(active) > before)
    await repaired(cluster, 1, sound)
  })

  await t.test('a follower that finds them leaves the in-sync replicas first, and then makes its copy anew', async () => {
    await cluster.stop(2)
    for (const one of all) spoil(cluster, 2, one)
    const sound = soundOn(cluster, [1, 3])
    cluster.start(2)
    await cluster.until('it serves', cluster.serving(2))
    const said = cluster.lines.length
    await scrub(cluster, 1_000_000)
    await cluster.until('it was told', () => {
      const told = cluster.lines.slice(said).filter(({ message }) => /records on disk are damaged/.test(message))
      return told.length >= all.length
    })
    await repaired(cluster, 2, sound)
    await scrub(cluster, 0)
  })

  for (const [victim, who] of [
    [1, 'who led'],
    [2, 'a follower'],
  ] as const) {
    await t.test(`${who} finds them at its start after a power cut: nothing but its own copy is cut`, async () => {
      cluster.powerCut(victim)
      const others = [1, 2, 3].filter((id) => id !== victim)
      await cluster.until('others lead', () => all.every(({ topic }) => others.includes(cluster.image(topic)!.leader)))
      spoil(cluster, victim, active)
      const sound = soundOn(cluster, others)
      cluster.start(victim)
      await cluster.until('it serves', cluster.serving(victim))
      await repaired(cluster, victim, sound)
    })
  }

  for (const one of all) {
    await produce(cluster, one, RECORDS + 3, RECORDS + 4)
    const records = await cluster.during(cluster.client.readAll(one.topic, 0))
    const numbers = records.map(({ value }) => Number.parseInt(value!, 10))
    assert.deepEqual([...new Set(numbers)], [...Array(RECORDS + 4).keys()])
  }
})

test('a damaged metadata log: its voter votes for nobody until it has all again, and then holds the quorum up', async (t) => {
  const cluster = await VirtualCluster.start({ seed: 61 })
  const names = ['a', 'b', 'c']
  for (const name of names) await cluster.during(cluster.client.createTopic(name, 3, 3))
  const serving = cluster.serving(1, 2, 3)
  for (const who of ['a voter that follows', 'the leader'] as const) {
    await t.test(who, async () => {
      const leader = cluster.controllerId!
      const victim = who === 'the leader' ? leader : [1, 2, 3].find((id) => id !== leader)!
      const others = [1, 2, 3].filter((id) => id !== victim)
      cluster.kill(victim) // what the system knows of it, it keeps
      await cluster.until('another one leads', () => others.includes(cluster.controllerId ?? -1))
      const dir = '/data/__cluster_metadata-0'
      const [file] = cluster.seat(victim).names(dir, /\.log$/)
      const { startOffset } = cluster.seat(victim).spoil(`${dir}/${file}`, (count) => count >> 1)
      assert.ok(startOffset > 0)
      const said = cluster.lines.length
      cluster.start(victim)
      await cluster.until('it serves', cluster.serving(victim))
      const { name } = cluster.seat(victim).machine
      assert.ok(
        cluster.lines.slice(said).some(({ process, message }) => process.name === name && /lost records/.test(message)),
        cluster.lastLines,
      )
      assert.ok(cluster.seat(victim).names(dir, /\.cut/).length > 0, 'what it cut is kept')
      await cluster.pass(1000)
      // With one of the others gone, nothing of the metadata is decided without it.
      const gone = others.find((id) => id === cluster.controllerId) ?? others[0]!
      cluster.powerCut(gone)
      const late = `late ${who}`.replaceAll(' ', '-')
      names.push(late)
      await cluster.eventually('the two that are left decide', () =>
        cluster.client.createTopic(late, 1, 2, cluster.seat(victim).server).then(
          () => true,
          () => cluster.image(late) !== undefined, // an answer may have been lost
        ),
      )
      cluster.start(gone)
      await cluster.until('all serve', serving)
      const ends = () => cluster.seats.map(({ broker }) => broker!.rooms.metadata.log.committedOffset)
      await cluster.until('their logs are equal', () => new Set(ends()).size === 1)
      for (const { broker } of cluster.seats)
        for (const topic of names) assert.ok(broker!.rooms.metadata.publisher.image.topic(topic), topic)
    })
  }
})
