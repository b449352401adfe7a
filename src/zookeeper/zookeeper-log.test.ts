import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { type Fate, MULTI } from '../../test/support/zookeeper/pretend-ensemble.ts'
import { batchesIn, batchOf, type Member, SESSION_MS, textsOf, ZooKeeperWorld } from '../../test/support/zookeeper/world.ts'
import { KafkaError } from '../protocol/errors.ts'

const refusedWith = (error: string) => (thrown: unknown) => thrown instanceof KafkaError && thrown.error === error
const HEAD = '/odradek/metadata/head'
const ENTRIES = '/odradek/metadata/log'

async function cluster(
  count: number,
  seed = 1,
): Promise<{ world: ZooKeeperWorld; nodes: Member[]; leader: Member; others: Member[] }> {
  const world = await ZooKeeperWorld.start(seed)
  const nodes: Member[] = []
  for (let id = 1; id <= count; id++) nodes.push(await world.node(id))
  const leader = await world.leader(nodes)
  return { world, nodes, leader, others: nodes.filter((node) => node !== leader) }
}

/** At most one leads, and those who led did so in epochs that only grow. */
function checkRoles(nodes: readonly Member[]): void {
  const led = nodes.flatMap(({ roles }) => roles.filter(({ isLeader }) => isLeader).map(({ epoch }) => epoch))
  assert.equal(new Set(led).size, led.length, `one leader an epoch: ${led.join(' ')}`)
}

test('one of three is elected, and what it appends is told to all, once and in order', async () => {
  const { world, nodes, leader, others } = await cluster(3)
  assert.equal(nodes.filter(({ log }) => log.isLeader).length, 1)
  for (const text of ['a', 'b']) leader.say(text)
  await world.pass(100)
  leader.say('c')
  await world.pass(100)
  for (const { told, log } of nodes)
    assert.deepEqual([told, log.committedOffset, log.leaderId, log.epoch], [['0 a', '1 b', '2 c'], 3, leader.id, 1])
  assert.throws(() => others[0]!.say('x'), refusedWith('NOT_CONTROLLER'))
  assert.deepEqual(await world.result(others[0]!.history()), ['0 a', '1 b', '2 c'])
})

test('what is appended in one turn is one node; a batch too large for a node is several', async () => {
  const { world, leader, others } = await cluster(2)
  for (let i = 0; i < 10; i++) leader.say(`small ${i}`)
  await world.pass(100)
  assert.deepEqual(world.ensemble.tree.children(ENTRIES), ['00000000000000000000'])
  leader.say('x'.repeat(1_200_000))
  await world.pass(3000, () => others[0]!.told.length === 11)
  assert.deepEqual(
    world.ensemble.tree.children(ENTRIES).sort().slice(1),
    ['10', '10-0001', '10-0002'].map((name) => `000000000000000000${name}`),
  )
  assert.equal(others[0]!.told[10]!.length, 1_200_003)
})

test('a log is read in pieces of any size, what is not committed yet included', async () => {
  const { world, leader } = await cluster(1)
  const said: string[] = []
  for (let i = 0; i < 40; i++) {
    said.push(`${i} ${'x'.repeat(i * 10)}`)
    leader.say('x'.repeat(i * 10))
    if (i % 3 === 0) await world.pass(20)
  }
  for (const maxBytes of [1, 300, 1000, 1 << 20]) {
    const texts: string[] = []
    const readAll = async () => {
      for (let next = 0; next < leader.log.endOffset; ) {
        for (const bytes of await leader.log.read(next, maxBytes)) {
          for (const batch of batchesIn(bytes)) {
            if (batch.baseOffset < next) continue
            assert.equal(batch.baseOffset, next, 'no gap')
            texts.push(...textsOf(batch))
            next = batch.nextOffset
          }
        }
      }
    }
    leader.say('more')
    said.push(`${said.length} more`)
    await world.result(readAll())
    assert.deepEqual(texts, said)
  }
})

test('a leader whose session ends leads no more, and what follows is in a new epoch', async () => {
  const { world, nodes, leader, others } = await cluster(3)
  leader.say('a')
  await world.pass(100)
  world.ensemble.expire(leader.zookeeper.session.id)
  const next = await world.leader(others)
  assert.equal(next.log.epoch, 2)
  next.say('b')
  await world.pass(1000)
  for (const { told, log } of nodes) assert.deepEqual([told, log.leaderId], [['0 a', '1 b'], next.id])
  checkRoles(nodes)
})

test('a leader that hears nothing of the ensemble stops leading before another can be elected', async () => {
  const { world, nodes, leader, others } = await cluster(2)
  await world.pass(2000)
  world.ensemble.unheard.add(leader.process.machine.name)
  let led = 0
  const since = world.world.events.now
  let ceasedAt = 0
  const [other] = others
  await world.pass(30_000, () => {
    if (leader.log.isLeader && other!.log.isLeader) led++
    if (!leader.log.isLeader && ceasedAt === 0) ceasedAt = world.world.events.now - since
    return other!.log.isLeader
  })
  assert.ok(other!.log.isLeader)
  assert.equal(led, 0, 'never both')
  assert.ok(ceasedAt > 0 && ceasedAt <= SESSION_MS * 0.67, `after ${ceasedAt} ms`)
  checkRoles(nodes)
})

test('a leader that slept is none when it wakes, and writes nothing', async () => {
  const { world, nodes, leader, others } = await cluster(2)
  leader.process.pausedUntil = world.world.events.now + 30_000
  const [other] = others
  await world.pass(29_000, () => other!.log.isLeader)
  other!.say('new')
  await world.pass(29_000)
  assert.equal(leader.log.isLeader, false, 'by the clock, whatever came first')
  await world.pass(5000)
  assert.throws(() => leader.say('old'), refusedWith('NOT_CONTROLLER'))
  for (const { told } of nodes) assert.deepEqual(told, ['0 new'])
  checkRoles(nodes)
})

for (const fate of ['lose the answer', 'lose the request'] as const) {
  test(`a batch is in the log once where the ensemble was to ${fate}`, async () => {
    const { world, nodes, leader } = await cluster(2)
    let losses = 3
    world.ensemble.fate = ({ paths }) => (paths.includes(HEAD) && paths.length > 1 && losses-- > 0 ? fate : 'answer')
    leader.say('a')
    await world.pass(10)
    leader.say('b')
    await world.pass(5000)
    for (const { told } of nodes) assert.deepEqual(told, ['0 a', '1 b'])
    assert.deepEqual([leader.log.isLeader, leader.log.epoch], [true, 1])
  })
}

test('an answer of the election that is lost costs an epoch and nothing else', async () => {
  const world = await ZooKeeperWorld.start()
  let losses = 2
  world.ensemble.fate = ({ paths }) =>
    paths.includes('/controller') && paths.length > 1 && losses-- > 0 ? 'lose the answer' : 'answer'
  const node = await world.node(1)
  await world.leader([node])
  node.say('a')
  await world.pass(1000)
  assert.deepEqual([node.told, node.log.epoch, world.ensemble.tree.text('/controller_epoch')], [['0 a'], 3, '3'])
})

test('somebody who changes the epoch by hand fences the leader, which is elected anew', async () => {
  const { world, nodes, leader } = await cluster(1)
  world.ensemble.byHand((tree) => tree.setData('/controller_epoch', Buffer.from('0'), -1))
  leader.say('lost')
  await world.pass(5000)
  assert.deepEqual([leader.told, leader.log.isLeader, leader.log.epoch], [[], true, 2])
  leader.say('kept')
  await world.pass(1000)
  assert.deepEqual(leader.told, ['0 kept'])
  checkRoles(nodes)
})

test('somebody who removes /controller by hand has a new election', async () => {
  const { world, nodes } = await cluster(2)
  world.ensemble.byHand((tree) => tree.remove('/controller', -1))
  await world.pass(2000)
  const leader = await world.leader(nodes)
  assert.equal(leader.log.epoch, 2)
  leader.say('a')
  await world.pass(1000)
  for (const { told } of nodes) assert.deepEqual(told, ['0 a'])
  checkRoles(nodes)
})

test('who resigns lets another one lead', async () => {
  const { world, nodes, leader, others } = await cluster(2)
  await world.result(leader.log.resign(leader.log.epoch + 1))
  assert.equal(leader.log.isLeader, true, 'another epoch is meant')
  await world.result(leader.log.resign(leader.log.epoch))
  assert.equal(leader.log.isLeader, false)
  assert.equal(await world.leader(nodes), others[0])
})

test('who stops leaves the office at once, refuses and is refused', async () => {
  const { world, leader, others } = await cluster(2)
  let retired = 0
  leader.log.onRetired(() => retired++)
  leader.stop()
  assert.throws(() => leader.say('x'), /the test stops it/)
  await world.leader(others, 500)
  assert.equal(retired, 1)
})

test('snapshots come in pieces; older ones, and the log below the one before, are gone', async () => {
  const { world, leader, others } = await cluster(2)
  const write = async (text: string, size: number) => {
    leader.say(text)
    await world.pass(100)
    await world.result(leader.log.writeSnapshot(leader.log.committedOffset, 1, [batchOf(text.repeat(size)), batchOf('end')]))
  }
  await write('a', 700_000)
  assert.equal(leader.log.startOffset, 0)
  await write('b', 10)
  await write('c', 1_100_000)
  const { tree } = world.ensemble
  const names = tree.children('/odradek/metadata/snapshots').sort()
  assert.deepEqual(names, ['00000000000000000002-0000000001', '00000000000000000003-0000000001'])
  assert.equal(tree.children(`/odradek/metadata/snapshots/${names[1]}`).length, 3)
  assert.deepEqual(tree.children(ENTRIES).sort(), ['00000000000000000002'])
  assert.equal(leader.log.startOffset, 2)
  // A node that comes now begins with it.
  const late = await world.node(3)
  const snapshot = late.log.newestSnapshot()!
  const read = async () => {
    const texts: string[] = []
    for await (const batch of late.log.readSnapshot(snapshot)) texts.push(...textsOf(batch))
    return texts
  }
  assert.deepEqual(await world.result(read()), [`0 ${'c'.repeat(1_100_000)}`, '0 end'])
  await assert.rejects(world.result(others[0]!.log.writeSnapshot(3, 1, [])), refusedWith('NOT_CONTROLLER'))
})

test('a follower that slept through two snapshots begins anew with the newest', async () => {
  const { world, leader, others } = await cluster(2)
  const [follower] = others
  leader.say('a')
  await world.pass(100)
  follower!.process.pausedUntil = world.world.events.now + 60_000
  for (const text of ['b', 'c', 'd']) {
    leader.say(text)
    await world.pass(100)
    await world.result(leader.log.writeSnapshot(leader.log.committedOffset, 1, [batchOf(text)]))
  }
  leader.say('e')
  await world.pass(70_000)
  assert.deepEqual([follower!.told, follower!.restored, follower!.log.committedOffset], [['0 a', '4 e'], [4], 5])
})

test('a new leader knows all that the one before it committed, however late it hears of it', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { world, leader, others } = await cluster(2, seed)
    const [other] = others
    for (let i = 0; i < 5; i++) {
      leader.say(`${i}`)
      await world.pass(100, () => world.ensemble.tree.text(HEAD).includes(`"endOffset":${i + 1}`))
    }
    world.ensemble.expire(leader.zookeeper.session.id)
    await world.leader([other!])
    other!.say('5')
    await world.pass(1000)
    assert.deepEqual(other!.told, ['0 0', '1 1', '2 2', '3 3', '4 4', '5 5'])
  }
})

test('pieces that a dead leader left behind are no part of the log', async () => {
  const { world, leader, others } = await cluster(2)
  world.ensemble.fate = ({ paths }) => (paths.includes(HEAD) && paths.length > 1 ? 'lose the request' : 'answer')
  leader.say('x'.repeat(1_200_000))
  await world.pass(1000)
  leader.process.kill()
  world.ensemble.fate = () => 'answer'
  const [other] = others
  await world.leader([other!])
  assert.deepEqual(world.ensemble.tree.children(ENTRIES), [])
  other!.say('y'.repeat(600_000))
  await world.pass(1000)
  assert.equal(other!.told.length, 1)
})

test('an ensemble that lost its data is not taken for an empty cluster', async () => {
  const { world, leader } = await cluster(1)
  leader.say('a')
  await world.pass(100)
  const why: KafkaError[] = []
  leader.log.onRetired((reason) => why.push(reason))
  world.ensemble.tree.wipe()
  world.ensemble.expire(leader.zookeeper.session.id)
  await world.pass(5000)
  assert.match(String(why[0]?.message), /ends at 0, and this node has seen 1: the ensemble has lost committed metadata/)
})

test('nodes that were removed from the log by hand are noticed', async () => {
  const { world, leader } = await cluster(1)
  for (const text of ['a', 'b']) {
    leader.say(text)
    await world.pass(100)
  }
  world.ensemble.byHand((tree) => tree.remove(`${ENTRIES}/00000000000000000000`, -1))
  await assert.rejects(world.node(2), /begins at 1, but the newest snapshot ends at 0: somebody removed nodes/)
})

test('a chroot with a cluster of Apache Kafka is refused, and the way out named', async () => {
  const world = await ZooKeeperWorld.start()
  world.ensemble.byHand((tree) => tree.create('/controller_epoch', Buffer.from('5'), 0n, false, 0))
  await assert.rejects(world.node(1), /holds a cluster of Apache Kafka.*name another chroot/)
  const node = await world.node(2, '/odradek/a')
  await world.leader([node])
  assert.ok(world.ensemble.tree.has('/odradek/a/odradek/metadata/head'))
  assert.ok(world.ensemble.tree.has('/odradek/a/controller'))
})

test('an ensemble that takes nothing for long refuses what would wait beyond a bound', async () => {
  const { world, leader } = await cluster(1)
  world.ensemble.isSilent = true
  assert.throws(() => {
    for (let i = 0; i < 100; i++) leader.say('x'.repeat(1_000_000))
  }, refusedWith('REQUEST_TIMED_OUT'))
  assert.ok(leader.log.endOffset > 20)
  await world.pass(SESSION_MS)
  assert.deepEqual([leader.log.isLeader, leader.log.endOffset], [false, 0])
})

test('whatever is lost, ends or sleeps: one order for all, one leader an epoch, nothing that was committed goes', async () => {
  const event = fc.constantFrom('append', 'append', 'append', 'break', 'expire', 'sleep', 'snapshot', 'remove', 'wait')
  const faults = fc.array(fc.constantFrom<Fate>('answer', 'answer', 'answer', 'answer', 'lose the answer', 'lose the request'), {
    minLength: 1,
    maxLength: 30,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 25 }),
      faults,
      fc.integer({ min: 1, max: 1000 }),
      async (events, fates, seed) => {
        const { world, nodes } = await cluster(3, seed)
        let asked = 0
        world.ensemble.fate = ({ opCode }) => (opCode === MULTI ? fates[asked++ % fates.length]! : 'answer')
        const committed: string[] = []
        for (const { log, told } of nodes) {
          log.onCommittedBatches(() => {
            told.forEach((text, i) => {
              // A node that slept may begin anew behind what it missed: offsets say which is which.
              const offset = Number(text.split(' ')[0])
              if (i >= 0) assert.equal((committed[offset] ??= text), text, 'one text an offset')
            })
          })
        }
        let said = 0
        for (const one of events) {
          const leader = nodes.find(({ log }) => log.isLeader)
          if (one === 'append' && leader) leader.say(`by ${leader.id}: ${said++}`)
          if (one === 'break') world.ensemble.breakConnections()
          if (one === 'expire' && leader) world.ensemble.expire(leader.zookeeper.session.id)
          if (one === 'sleep' && leader) leader.process.pausedUntil = world.world.events.now + 15_000
          if (one === 'remove' && world.ensemble.tree.has('/controller'))
            world.ensemble.byHand((tree) => tree.remove('/controller', -1))
          if (one === 'snapshot' && leader)
            leader.log
              .writeSnapshot(leader.log.committedOffset, 1, [batchOf('snapshot')])
              .catch((why) => assert.ok(why instanceof Error))
          await world.pass(one === 'wait' ? 8000 : 50)
          // Who is put out of office by hand hears of it a moment later; the fence holds meanwhile.
          const byHand = events.includes('expire') || events.includes('remove')
          if (!byHand) assert.ok(nodes.filter(({ log }) => log.isLeader).length <= 1, 'one leader at a time')
        }
        world.ensemble.fate = () => 'answer'
        await world.pass(40_000)
        const leader = await world.leader(nodes)
        leader.say('at last')
        await world.pass(5000)
        checkRoles(nodes)
        const { committedOffset } = leader.log
        for (const { log, told } of nodes) {
          assert.equal(log.committedOffset, committedOffset)
          assert.equal(told.at(-1), `${committedOffset - 1} at last`)
          const offsets = told.map((text) => Number(text.split(' ')[0]))
          assert.deepEqual(
            offsets,
            [...new Set(offsets)].sort((a, b) => a - b),
            'each once, in order',
          )
        }
      },
    ),
    { numRuns: 25 },
  )
})
