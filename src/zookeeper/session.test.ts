import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MULTI } from '../../test/support/zookeeper/pretend-ensemble.ts'
import { SESSION_MS, ZooKeeperWorld } from '../../test/support/zookeeper/world.ts'
import { isZooKeeperError, type ZooKeeperErrorName } from './errors.ts'
import { check, create, exists, getChildren, getData, multi, remove, setData, sync } from './operations.ts'
import type { Session } from './session.ts'
import type { ZooKeeper } from './zookeeper.ts'

const refusedWith = (name: ZooKeeperErrorName) => (thrown: unknown) => isZooKeeperError(thrown, name)
const bytes = (text: string) => Buffer.from(text)
const textOf = (data: Uint8Array) => Buffer.from(data).toString()

async function house(
  servers?: readonly string[],
  chroot = '',
): Promise<{ world: ZooKeeperWorld; zookeeper: ZooKeeper; session: Session }> {
  const world = await ZooKeeperWorld.start(1, servers)
  const zookeeper = await world.result(world.open(world.world.machine('client').start(), chroot))
  return { world, zookeeper, session: zookeeper.session }
}

test('nodes are made, read, changed, listed and removed; versions that do not fit are refused', async () => {
  const { world, session } = await house()
  const ask: Session['ask'] = (operation) => world.result(session.ask(operation))
  assert.equal((await ask(create('/a', bytes('1')))).path, '/a')
  assert.equal((await ask(create('/a/s-', null, 'persistentSequential'))).path, '/a/s-0000000000')
  assert.equal((await ask(create('/a/e', null, 'ephemeral'))).stat.ephemeralOwner, session.id)
  assert.equal((await ask(setData('/a', bytes('2'), 0))).version, 1)
  await assert.rejects(ask(setData('/a', bytes('3'), 0)), refusedWith('BadVersion'))
  const { data, stat } = await ask(getData('/a'))
  assert.deepEqual([textOf(data), stat.version, stat.numChildren], ['2', 1, 2])
  assert.deepEqual((await ask(getChildren('/a'))).names.sort(), ['e', 's-0000000000'])
  await assert.rejects(ask(remove('/a')), refusedWith('NotEmpty'))
  await ask(remove('/a/e'))
  await assert.rejects(ask(exists('/a/e')), refusedWith('NoNode'))
  await assert.rejects(ask(create('/a', null)), refusedWith('NodeExists'))
  await ask(sync('/a'))
})

test('of a multi all happens or nothing, and the change that failed is named', async () => {
  const { world, session } = await house()
  await world.result(session.ask(create('/a', null)))
  const failing = multi(check('/a', 0), create('/b', null), setData('/a', bytes('x'), 7), create('/c', null))
  await assert.rejects(world.result(session.ask(failing)), /BadVersion: \/a/)
  assert.equal(world.ensemble.tree.has('/b'), false)
  const [, made, changed] = await world.result(
    session.ask(multi(check('/a', 0), create('/b', null), setData('/a', bytes('x'), 0), remove('/b'))),
  )
  assert.deepEqual([made.path, changed.version, world.ensemble.tree.text('/a')], ['/b', 1, 'x'])
})

test('paths of a client with a chroot lie below it, in answers and watches too', async () => {
  const { world, session } = await house(['zk'], '/kafka')
  world.ensemble.byHand((tree) => tree.create('/kafka', null, 0n, false, 0))
  assert.equal((await world.result(session.ask(create('/a', null)))).path, '/a')
  assert.ok(world.ensemble.tree.has('/kafka/a'))
  let fired = 0
  await world.result(session.ask(getChildren('/'), () => fired++))
  await world.result(session.ask(getData('/a'), () => fired++))
  world.ensemble.byHand((tree) => tree.setData('/kafka/a', bytes('x'), -1))
  world.ensemble.byHand((tree) => tree.create('/kafka/b', null, 0n, false, 0))
  await world.pass(100)
  assert.equal(fired, 2)
})

test('a watch runs once: at the change, or when the connection breaks; one of a node that is not there when it comes', async () => {
  const { world, session } = await house()
  const seen: string[] = []
  await world.result(session.ask(create('/a', null)))
  await world.result(session.ask(getData('/a'), () => seen.push('data')))
  await world.result(session.ask(getChildren('/a'), () => seen.push('children')))
  await assert.rejects(world.result(session.ask(exists('/b'), () => seen.push('comes'))), refusedWith('NoNode'))
  await assert.rejects(world.result(session.ask(getData('/c'), () => seen.push('never'))), refusedWith('NoNode'))
  world.ensemble.byHand((tree) => tree.create('/b', null, 0n, false, 0))
  world.ensemble.byHand((tree) => tree.setData('/a', null, -1))
  world.ensemble.byHand((tree) => tree.setData('/a', null, -1))
  await world.pass(100)
  assert.deepEqual(seen, ['comes', 'data'])
  world.ensemble.breakConnections()
  await world.pass(1000)
  assert.deepEqual(seen, ['comes', 'data', 'children'])
})

test('a session goes on over another server when its own breaks or falls silent, and is certain all the while', async () => {
  const { world, session } = await house(['zk1', 'zk2', 'zk3'])
  const { id } = session
  let uncertain = 0
  session.onUncertain(() => uncertain++)
  await world.result(session.ask(create('/e', null, 'ephemeral')))
  const before = world.ensemble.requests.at(-1)!.server
  for (const link of world.world.network.links) link.isSilent = true
  await world.pass(SESSION_MS * 0.65)
  await world.result(session.ask(sync('/')))
  assert.notEqual(world.ensemble.requests.at(-1)!.server, before)
  assert.deepEqual([session.id, uncertain, world.ensemble.tree.has('/e')], [id, 0, true])
})

test('a session that hears nothing is uncertain before the ensemble can end it', async () => {
  const { world, session } = await house(['zk1', 'zk2'])
  let endedAt = Number.POSITIVE_INFINITY
  await world.result(session.ask(create('/e', null, 'ephemeral')))
  await world.pass(5000)
  for (const link of world.world.network.links) link.isSilent = true
  const since = world.world.events.now
  let uncertainAt = Number.POSITIVE_INFINITY
  session.onUncertain(() => (uncertainAt = world.world.events.now - since))
  world.ensemble.isSilent = true
  await world.pass(20_000, () => {
    if (!world.ensemble.tree.has('/e')) endedAt = Math.min(endedAt, world.world.events.now - since)
    return endedAt < Number.POSITIVE_INFINITY
  })
  assert.ok(
    uncertainAt <= SESSION_MS * 0.67 && uncertainAt < endedAt - SESSION_MS / 9,
    `uncertain ${uncertainAt}, ended ${endedAt}`,
  )
  assert.equal(session.isCertain, false)
})

test('what waits when the connection breaks fails with ConnectionLoss, and what only looks is asked again', async () => {
  const { world, session } = await house()
  await world.result(session.ask(create('/a', bytes('here'))))
  let losses = 2
  world.ensemble.fate = () => (losses-- > 0 ? 'lose the request' : 'answer')
  const writes = session.ask(setData('/a', bytes('x')))
  await assert.rejects(world.result(writes), refusedWith('ConnectionLoss'))
  assert.equal(textOf((await world.result(session.look(getData('/a')))).data), 'here')
})

test('a session that the ensemble has ended rejects everything; a new one takes its place', async () => {
  const world = await ZooKeeperWorld.start()
  const zookeeper = await world.result(world.open(world.world.machine('client').start()))
  const sessions: bigint[] = []
  const first = zookeeper.session
  zookeeper.onSession((session) => {
    session.whenConnected().then(
      () => sessions.push(session.id),
      () => {}, // it is over
    )
  })
  const waiting = world.result(first.look(exists('/odd')))
  world.ensemble.expire(first.id)
  await assert.rejects(waiting, refusedWith('SessionExpired'))
  await world.pass(1000)
  assert.equal(sessions.length, 2)
  assert.notEqual(sessions[1], first.id)
  await assert.rejects(first.ask(exists('/a')), refusedWith('SessionExpired'))
  assert.equal(first.isCertain, false)
})

test('closing ends the session and its ephemeral nodes at once', async () => {
  const { world, zookeeper, session } = await house()
  await world.result(session.ask(create('/e', null, 'ephemeral')))
  await world.result(zookeeper.close())
  assert.equal(world.ensemble.tree.has('/e'), false)
  assert.equal(world.ensemble.sessions.size, 0)
})

test('a start without a reachable server ends with an error that says what each did', async () => {
  const world = await ZooKeeperWorld.start(1, ['zk1'])
  world.ensemble.isSilent = true
  await assert.rejects(
    world.result(world.open(world.world.machine('client').start(), '', 5000)),
    /no session with ZooKeeper at zk1:2181 within 5000 ms.*did not answer/,
  )
})

test('a start that is given up waits for no server', async () => {
  const world = await ZooKeeperWorld.start(1, ['zk1'])
  world.ensemble.isSilent = true
  const over = new AbortController()
  const opening = world.open(world.world.machine('client').start(), '', 60_000, over.signal)
  const ended = world.result(opening, 1000)
  over.abort()
  await assert.rejects(ended, /the start was given up/)
})

test('answers that are none close the connection and nothing else', async () => {
  const { world, session } = await house()
  await world.result(session.ask(create('/a', null)))
  // A multi that claims fewer results than there were changes.
  world.ensemble.fate = ({ opCode }) => (opCode === MULTI ? 'lose the answer' : 'answer')
  await assert.rejects(world.result(session.ask(multi(check('/a', 0)))), refusedWith('ConnectionLoss'))
  world.ensemble.fate = () => 'answer'
  await world.result(session.look(exists('/a')))
})

test('more questions than may wait are refused at once', async () => {
  const { world, session } = await house()
  const asked = Array.from({ length: 2001 }, () => session.ask(exists('/')))
  const outcomes = await world.result(Promise.allSettled(asked))
  assert.deepEqual(outcomes.map(({ status }) => status === 'fulfilled').lastIndexOf(true), 1999)
  assert.ok(refusedWith('ThrottledOp')((outcomes[2000] as PromiseRejectedResult).reason))
})
