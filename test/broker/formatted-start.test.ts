// Nodes on directories that `odradek storage format` made.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { formatStorage } from '../../src/broker/storage/format.ts'
import { loadConfig } from '../../src/config/load.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import { nodePlatform } from '../../src/platform/node/platform.ts'
import { atEnd, keptLog } from '../support/running-broker.ts'

const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk'
const config = new Map([
  ['process.roles', 'broker,controller'],
  ['node.id', '1'],
  ['controller.quorum.bootstrap.servers', 'localhost:1'],
  ['controller.listener.names', 'CONTROLLER'],
  ['listeners', 'PLAINTEXT://localhost:0,CONTROLLER://localhost:0'],
  ['log.dirs', '/data'],
])

test('a node starts on what was formatted for it, twice, and finds nothing to complain of', async (t) => {
  const disk = memoryDisk(1 << 24)
  const { logger, lines } = keptLog()
  const platform = { ...nodePlatform({ logger }), disk }
  const loaded = loadConfig({ profile: 'library', overrides: config })
  const { clock, random } = platform
  const rooms = { disk, clock, randomBytes: (length: number) => random.bytes(length), hostName: 'node' }
  const request = { clusterId: CLUSTER, ignoreFormatted: false, features: [], quorum: { kind: 'standalone' as const } }
  await formatStorage(rooms, loaded, request)
  for (const start of ['first', 'second']) {
    const broker = await Broker.start(loaded, platform)
    atEnd(t, () => broker.close())
    assert.equal(broker.clusterId, CLUSTER, start)
    await broker.close()
  }
  assert.deepEqual(
    lines.filter(({ level }) => level !== 'info'),
    [],
  )
})

test('a node among others does not start on a directory that nobody formatted, and leaves it empty', async () => {
  const disk = memoryDisk(1 << 24)
  const loaded = loadConfig({ profile: 'library', overrides: config })
  await assert.rejects(
    Broker.start(loaded, { ...nodePlatform(), disk }),
    /no meta\.properties was found in \/data: format the node first.*--standalone/,
  )
  assert.equal(await disk.exists('/data/meta.properties'), false)
})
