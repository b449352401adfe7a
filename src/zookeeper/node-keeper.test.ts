// The texts are those that Kafka 3.9 was seen to write (../shared/kafka/zookeeper.md).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import type { Fate } from '../../test/support/zookeeper/pretend-ensemble.ts'
import { type Member, ZooKeeperWorld } from '../../test/support/zookeeper/world.ts'
import { metadataBatches } from '../metadata/batches.ts'
import { MetadataPublisher } from '../metadata/publisher.ts'
import { type MetadataRecord, partitionChange, type RecordOf, record } from '../metadata/records.ts'
import { BrokerIdTaken, brokerIds, clusterId, prepareKafkaNodes, readBrokerNode, registerBroker } from './broker-nodes.ts'
import { encoded, entityNodes, entityTexts, saysTheSame, topicNodes } from './kafka-nodes.ts'
import { NodeKeeper } from './node-keeper.ts'

const T1 = '1Iud0Z7gSeCGC7ZQrOHuYw'
const T2 = 'mGCDiMLqRTOtpF0EUuRLQg'

const topic = (name: string, topicId: string, ...replicas: readonly (readonly number[])[]): MetadataRecord[] => [
  record('TopicRecord', { name, topicId }),
  ...replicas.map((each, partitionId) => record('PartitionRecord', partition(topicId, partitionId, each))),
]

const partition = (topicId: string, partitionId: number, replicas: readonly number[]): RecordOf<'PartitionRecord'> => ({
  partitionId,
  topicId,
  replicas,
  isr: replicas,
  removingReplicas: [],
  addingReplicas: [],
  leader: replicas[0]!,
  leaderRecoveryState: 0,
  leaderEpoch: 0,
  partitionEpoch: 0,
  directories: replicas.map(() => 'AAAAAAAAAAAAAAAAAAAAAQ'),
  eligibleLeaderReplicas: null,
  lastKnownElr: null,
})

const config = (resourceType: number, resourceName: string, name: string, value: string | null) =>
  record('ConfigRecord', { resourceType, resourceName, name, value })

const quota = (key: string, value: number, entity: Record<string, string | null>, remove = false) =>
  record('ClientQuotaRecord', {
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
    key,
    value,
    remove,
  })

class House {
  readonly world: ZooKeeperWorld
  readonly members: Member[] = []
  readonly keepers: NodeKeeper[] = []
  readonly publishers: MetadataPublisher[] = []

  constructor(world: ZooKeeperWorld) {
    this.world = world
  }

  async add(id: number): Promise<Member> {
    const member = await this.world.node(id)
    const { clock, logger } = member.process.platform
    const { log } = member
    await this.world.result(prepareKafkaNodes(member.zookeeper.session))
    const publisher = new MetadataPublisher({ log, clock, logger })
    const keeper = new NodeKeeper({ log, publisher, clock, logger })
    await this.world.result(publisher.load())
    this.members.push(member)
    this.keepers.push(keeper)
    this.publishers.push(publisher)
    return member
  }

  async write(...records: readonly MetadataRecord[]): Promise<void> {
    const leader = await this.world.leader(this.members)
    for (const batch of metadataBatches(records, 1)) leader.log.append(batch)
    await this.settle()
  }

  async settle(): Promise<void> {
    await this.world.pass(500)
    for (const keeper of this.keepers) await this.world.result(keeper.settled())
  }

  text(path: string): string | null {
    const { data } = this.world.ensemble.tree.get(path)
    return data === null ? null : Buffer.from(data).toString()
  }

  has(path: string): boolean {
    return this.world.ensemble.tree.has(path)
  }

  get notices(): string[] {
    const { tree } = this.world.ensemble
    return tree
      .children('/config/changes')
      .sort()
      .map((name) => `${name} ${tree.text(`/config/changes/${name}`)}`)
  }
}

async function house(): Promise<House> {
  const made = new House(await ZooKeeperWorld.start())
  await made.add(1)
  await made.world.leader(made.members)
  return made
}

test('a topic is written as Kafka writes it: configuration, assignment, partitions, states', async () => {
  const at = await house()
  await at.write(...topic('t-plain', T1, [2, 1], [1, 2]), config(2, 't-plain', 'retention.ms', '3600000'))
  assert.equal(
    at.text('/brokers/topics/t-plain'),
    `{"partitions":{"0":[2,1],"1":[1,2]},"topic_id":"${T1}","adding_replicas":{},"removing_replicas":{},"version":3}`,
  )
  assert.deepEqual([at.text('/brokers/topics/t-plain/partitions'), at.text('/brokers/topics/t-plain/partitions/0')], [null, null])
  assert.equal(
    at.text('/brokers/topics/t-plain/partitions/0/state'),
    '{"controller_epoch":1,"leader":2,"version":1,"leader_epoch":0,"isr":[2,1]}',
  )
  assert.equal(at.text('/config/topics/t-plain'), '{"version":1,"config":{"retention.ms":"3600000"}}')
  assert.deepEqual(at.notices, [], 'creating is no change')
  assert.equal(at.text('/feature'), '{"features":{},"version":2,"status":1}')
  assert.equal(at.text('/controller_epoch'), '1')
})

test('changes of partitions, more partitions, and a reassignment under way', async () => {
  const at = await house()
  await at.write(...topic('t-move', T2, [1]))
  await at.write(
    partitionChange(T2, 0, { replicas: [2, 1], addingReplicas: [2], removingReplicas: [1] }),
    record('PartitionRecord', partition(T2, 1, [2])),
  )
  assert.equal(
    at.text('/brokers/topics/t-move'),
    `{"partitions":{"0":[2,1],"1":[2]},"topic_id":"${T2}","adding_replicas":{"0":[2]},"removing_replicas":{"0":[1]},"version":3}`,
  )
  await at.write(partitionChange(T2, 0, { leader: -1, isr: [1] }))
  assert.equal(
    at.text('/brokers/topics/t-move/partitions/0/state'),
    '{"controller_epoch":1,"leader":-1,"version":1,"leader_epoch":1,"isr":[1]}',
  )
  assert.ok(at.has('/brokers/topics/t-move/partitions/1/state'))
})

test('a topic that is deleted leaves nothing; one made again under its name is another', async () => {
  const at = await house()
  await at.write(...topic('t', T1, [1], [1], [1]))
  await at.write(record('RemoveTopicRecord', { topicId: T1 }), ...topic('t', T2, [1]))
  assert.ok(at.text('/brokers/topics/t')!.includes(T2))
  assert.deepEqual(at.world.ensemble.tree.children('/brokers/topics/t/partitions'), ['0'])
  await at.write(record('RemoveTopicRecord', { topicId: T2 }))
  assert.deepEqual([at.has('/brokers/topics/t'), at.has('/config/topics/t')], [false, false])
})

test('configurations of topics and brokers, with a notice of each change; secrets stay away', async () => {
  const at = await house()
  await at.write(...topic('t-plain', T1, [1]))
  await at.write(config(2, 't-plain', 'retention.ms', '7200000'))
  await at.write(config(4, '', 'message.max.bytes', '2000000'))
  await at.write(config(4, '1', 'ssl.keystore.password', 'hush'), config(4, '1', 'log.retention.ms', '86400000'))
  await at.write(config(4, '1', 'log.retention.ms', null))
  assert.equal(at.text('/config/topics/t-plain'), '{"version":1,"config":{"retention.ms":"7200000"}}')
  assert.equal(at.text('/config/brokers/<default>'), '{"version":1,"config":{"message.max.bytes":"2000000"}}')
  assert.equal(at.text('/config/brokers/1'), '{"version":1,"config":{}}')
  const said = ['topics/t-plain', 'brokers/<default>', 'brokers/1', 'brokers/1']
  assert.deepEqual(
    at.notices,
    said.map((path, n) => `config_change_000000000${n} {"version":2,"entity_path":"${path}"}`),
  )
})

test('what no node of ZooKeeper can hold is left out, once told, and costs nobody the connection', async () => {
  const at = await house()
  const brokenBefore = at.world.lines.filter(({ message }) => /connection with ZooKeeper is lost/.test(message)).length
  await at.write(...topic('t-long', T1, [1]))
  const long = (value: string | null) => Array.from({ length: 40 }, (_, i) => config(2, 't-long', `long-${i}`, value))
  await at.write(...long('x'.repeat(30_000)))
  await at.write(...topic('t-next', T2, [1]), config(2, 't-long', 'retention.ms', '1'))
  assert.equal(at.text('/config/topics/t-long'), '{"version":1,"config":{}}')
  assert.ok(at.has('/brokers/topics/t-next/partitions/0/state'), 'the others are written')
  const said = at.world.lines.map(({ message }) => message)
  assert.equal(said.filter((text) => /larger than ZooKeeper takes/.test(text)).length, 1)
  assert.equal(said.filter((text) => /connection with ZooKeeper is lost/.test(text)).length, brokenBefore)
  await at.write(...long(null))
  assert.equal(at.text('/config/topics/t-long'), '{"version":1,"config":{"retention.ms":"1"}}')
})

test('quotas and SCRAM users as Kafka names and prints them; what is removed goes', async () => {
  const at = await house()
  await at.write(
    quota('producer_byte_rate', 1_048_576, { user: 'alice' }),
    record('UserScramCredentialRecord', {
      name: 'alice',
      mechanism: 2,
      salt: Buffer.from('s'),
      storedKey: Buffer.from('k'),
      serverKey: Buffer.from('v'),
      iterations: 8192,
    }),
    quota('request_percentage', 50.5, { user: 'alice', 'client-id': 'app-1' }),
    quota('producer_byte_rate', 5, { user: null, 'client-id': 'app-1' }),
    quota('controller_mutation_rate', 10, { 'client-id': null }),
    quota('producer_byte_rate', 7, { user: 'CN=x/y,O=a b*' }),
    quota('connection_creation_rate', 100, { ip: '127.0.0.9' }),
  )
  assert.equal(
    at.text('/config/users/alice'),
    '{"version":1,"config":{"SCRAM-SHA-512":"salt=cw==,stored_key=aw==,server_key=dg==,iterations=8192","producer_byte_rate":"1048576"}}',
  )
  assert.equal(at.text('/config/users/alice/clients'), null)
  assert.equal(at.text('/config/users/alice/clients/app-1'), '{"version":1,"config":{"request_percentage":"50.5"}}')
  assert.equal(at.text('/config/users/<default>/clients/app-1'), '{"version":1,"config":{"producer_byte_rate":"5"}}')
  assert.equal(at.text('/config/users/<default>'), null)
  assert.equal(at.text('/config/clients/<default>'), '{"version":1,"config":{"controller_mutation_rate":"10.0"}}')
  assert.equal(at.text('/config/users/CN%3Dx%2Fy%2CO%3Da%20b%2A'), '{"version":1,"config":{"producer_byte_rate":"7"}}')
  assert.equal(at.text('/config/ips/127.0.0.9'), '{"version":1,"config":{"connection_creation_rate":"100"}}')
  await at.write(
    quota('producer_byte_rate', 5, { user: null, 'client-id': 'app-1' }, true),
    quota('connection_creation_rate', 100, { ip: '127.0.0.9' }, true),
    quota('producer_byte_rate', 1_048_576, { user: 'alice' }, true),
    record('RemoveUserScramCredentialRecord', { name: 'alice', mechanism: 2 }),
  )
  assert.deepEqual([at.has('/config/ips/127.0.0.9'), at.has('/config/users/<default>')], [false, false])
  assert.equal(at.text('/config/users/alice'), '{"version":1,"config":{}}')
  await at.write(quota('request_percentage', 50.5, { user: 'alice', 'client-id': 'app-1' }, true))
  assert.equal(at.has('/config/users/alice'), false)
})

test('the last block of producer ids and who has it', async () => {
  const at = await house()
  assert.equal(at.text('/latest_producer_id_block'), null)
  await at.write(record('ProducerIdsRecord', { brokerId: 1, brokerEpoch: 5, nextProducerId: 1000 }))
  assert.equal(at.text('/latest_producer_id_block'), '{"version":1,"broker":1,"block_start":"0","block_end":"999"}')
})

test('a new controller puts right what was changed by hand, and leaves what is right as it is', async () => {
  const at = await house()
  await at.write(...topic('a', T1, [1]), ...topic('b', T2, [1]), config(4, '1', 'log.retention.ms', '1'))
  const { ensemble } = at.world
  const untouched = ensemble.tree.get('/brokers/topics/a/partitions/0/state').version
  ensemble.byHand((tree) => {
    tree.setData('/brokers/topics/b', Buffer.from('nonsense'), -1)
    tree.remove('/config/topics/b', -1)
    tree.create('/brokers/topics/ghost', null, 0n, false, 0)
    tree.create('/config/clients/ghost', null, 0n, false, 0)
    tree.remove('/controller', -1)
  })
  await at.world.pass(3000)
  await at.settle()
  assert.ok(at.text('/brokers/topics/b')!.includes(T2))
  assert.deepEqual(
    [at.has('/config/topics/b'), at.has('/brokers/topics/ghost'), at.has('/config/clients/ghost')],
    [true, false, false],
  )
  const state = '/brokers/topics/a/partitions/0/state'
  assert.deepEqual([ensemble.tree.get(state).version, at.text(state)!.slice(0, 22)], [untouched, '{"controller_epoch":1,'])
  await at.write(partitionChange(T1, 0, { leader: -1 }))
  assert.equal(at.text(state)!.slice(0, 22), '{"controller_epoch":2,')
})

test('lost answers, and a controller that is fenced in the middle, leave the nodes as the metadata has them', async () => {
  const at = await house()
  await at.add(2)
  let asked = 0
  at.world.ensemble.fate = ({ paths }) => (paths.length > 1 && asked++ % 3 === 1 ? 'lose the answer' : 'answer')
  for (let i = 0; i < 6; i++) {
    const id = `${T1.slice(0, -2)}${i}w`
    await at.write(...topic(`t${i}`, id, ...Array.from({ length: 150 }, () => [1])))
    if (i !== 3) continue
    at.world.ensemble.expire((await at.world.leader(at.members)).zookeeper.session.id)
    await at.world.pass(3000) // until then it takes itself for the controller, in vain
  }
  await at.world.pass(20_000)
  await at.settle()
  const { tree } = at.world.ensemble
  for (let i = 0; i < 6; i++) assert.equal(tree.children(`/brokers/topics/t${i}/partitions`).length, 150)
  assert.ok(tree.has('/brokers/topics/t5/partitions/149/state'))
})

test('whatever comes in between, the nodes are in the end what the image says', async () => {
  const names = ['a', 'b', 'c']
  const change = fc.record({
    what: fc.constantFrom('topic', 'topic', 'move', 'config', 'quota', 'expire', 'remove'),
    name: fc.constantFrom(...names),
    number: fc.integer({ min: 0, max: 3 }),
  })
  const fates = fc.array(fc.constantFrom<Fate>('answer', 'answer', 'answer', 'lose the answer', 'lose the request'), {
    minLength: 1,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 15 }), fates, async (changes, some) => {
      const at = await house()
      await at.add(2)
      let asked = 0
      at.world.ensemble.fate = ({ paths }) => (paths.length > 1 ? some[asked++ % some.length]! : 'answer')
      let made = 0
      for (const { what, name, number } of changes) {
        const leader = at.members.find(({ log }) => log.isLeader)
        const image = at.publishers[leader ? at.members.indexOf(leader) : 0]!.image
        const there = image.topic(name)
        const records: MetadataRecord[] = []
        if (what === 'topic' && there) records.push(record('RemoveTopicRecord', { topicId: there.id }))
        else if (what === 'topic') records.push(...topic(name, `${T1.slice(0, -4)}${100 + made++}w`, [1], [1, 2]))
        if (what === 'move' && there) records.push(partitionChange(there.id, 0, { leader: number }))
        if (what === 'config')
          records.push(config(number > 1 ? 4 : 2, number > 1 ? name : 'a', 'retention.ms', number === 3 ? null : `${number}`))
        const user = { user: name, ...(number > 1 ? { 'client-id': 'app' } : {}) }
        if (what === 'quota') records.push(quota('producer_byte_rate', number, user, number % 2 === 1))
        if (what === 'expire' && leader) at.world.ensemble.expire(leader.zookeeper.session.id)
        if (what === 'remove' && at.has('/brokers/topics/a'))
          at.world.ensemble.byHand((tree) => tree.setData('/brokers/topics/a', null, -1))
        // What a controller that is none any more appends is in nobody's log, so that the next change has to know.
        if (records.length > 0 && leader) for (const batch of metadataBatches(records, 1)) leader.log.append(batch)
        await at.world.pass(number * 60)
        if (records.length > 0) await at.world.pass(2000)
      }
      at.world.ensemble.fate = () => 'answer'
      at.world.ensemble.byHand((tree) => tree.has('/controller') && tree.remove('/controller', -1))
      await at.world.pass(20_000)
      await at.settle()
      const leader = await at.world.leader(at.members)
      const { image } = at.publishers[at.members.indexOf(leader)]!
      const wanted = new Map<string, string | null>()
      for (const each of image.topics.values()) {
        for (const { path, text } of topicNodes(each, image.configsOf({ type: 'topic', name: each.name }), 0))
          wanted.set(path, text)
      }
      for (const [path, text] of entityTexts(image))
        for (const node of entityNodes(path, text)) if (!wanted.get(node.path)) wanted.set(node.path, node.text)
      const there = at.world.ensemble.tree.below('/brokers/topics/', '/config/topics/', '/config/users/')
      assert.deepEqual([...there.keys()].sort(), [...wanted.keys()].sort())
      for (const [path, text] of wanted) if (text !== null) assert.ok(saysTheSame(path, there.get(path)!, text), path)
    }),
    { numRuns: 10 },
  )
})

test('old notices are swept up', async () => {
  const at = await house()
  await at.write(config(4, '', 'log.retention.ms', '1'))
  await at.world.pass(16 * 60_000)
  await at.write(config(4, '', 'log.retention.ms', '2'))
  assert.deepEqual(
    at.notices.map((text) => text.slice(0, 24)),
    ['config_change_0000000001'],
  )
})

test("a broker's node has its addresses, and comes back in a new session", async () => {
  const at = await house()
  const [member] = at.members
  const { clock, logger } = member!.process.platform
  const broker = {
    id: 1,
    rack: 'rack1',
    endpoints: [
      { name: 'PLAINTEXT', host: '127.0.0.1', port: 31_192, securityProtocol: 'PLAINTEXT' },
      { name: 'SIX', host: '::1', port: 9, securityProtocol: 'SSL' },
    ],
  }
  const { zookeeper } = member!
  await at.world.result(registerBroker({ zookeeper, broker, clock, logger }))
  const text = at.text('/brokers/ids/1')!
  assert.match(
    text,
    /^\{"features":\{\},"listener_security_protocol_map":\{"PLAINTEXT":"PLAINTEXT","SIX":"SSL"\},"endpoints":\["PLAINTEXT:\/\/127\.0\.0\.1:31192","SIX:\/\/\[::1\]:9"\],"rack":"rack1","jmx_port":-1,"port":31192,"host":"127\.0\.0\.1","version":5,"timestamp":"\d{13}"\}$/,
  )
  const node = at.world.ensemble.tree.get('/brokers/ids/1')
  assert.deepEqual([node.version, node.owner], [1, zookeeper.session.id])
  assert.deepEqual(await at.world.result(readBrokerNode(zookeeper.session, 1)), broker)
  at.world.ensemble.expire(zookeeper.session.id)
  await at.world.pass(2000)
  assert.equal(at.world.ensemble.tree.get('/brokers/ids/1').owner, zookeeper.session.id)
  assert.deepEqual(await at.world.result(brokerIds(zookeeper.session)), [1])
  assert.equal(await at.world.result(readBrokerNode(zookeeper.session, 7)), null)
})

test('a node left by a process that died is waited for; one of a live process is an error with its address', async () => {
  const at = await house()
  const [member] = at.members
  const announce = async (machine: string) => {
    const process = at.world.world.machine(machine).start()
    const zookeeper = await at.world.result(at.world.open(process))
    const { clock, logger } = process.platform
    const endpoints = [{ name: 'PLAINTEXT', host: machine, port: 9092, securityProtocol: 'PLAINTEXT' }]
    const announced = registerBroker({ zookeeper, broker: { id: 7, rack: null, endpoints }, clock, logger })
    announced.catch(() => {}) // looked at below
    return { process, announced }
  }
  const first = await announce('a')
  await at.world.result(first.announced)
  const second = await announce('b')
  await at.world.pass(1000)
  first.process.kill()
  await at.world.result(second.announced)
  assert.ok(at.text('/brokers/ids/7')!.includes('PLAINTEXT://b:9092'))
  const third = await announce('c')
  await assert.rejects(at.world.result(third.announced), (thrown) => {
    assert.ok(thrown instanceof BrokerIdTaken)
    assert.match(thrown.message, /another broker with id 7 runs at b:9092/)
    return true
  })
  assert.equal(await at.world.result(clusterId(member!.zookeeper.session, 'first')), 'first')
  assert.equal(await at.world.result(clusterId(member!.zookeeper.session, 'second')), 'first')
  assert.equal(at.text('/cluster/id'), '{"version":"1","id":"first"}')
})

test('names are encoded as Java does', () => {
  assert.equal(encoded("a~b!c'(d)"), 'a%7Eb%21c%27%28d%29')
  assert.deepEqual(
    entityNodes('users/u/clients/c', 'x').map(({ path }) => path),
    ['/config/users/u', '/config/users/u/clients', '/config/users/u/clients/c'],
  )
})
