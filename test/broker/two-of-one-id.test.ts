// Two processes with one id: the second stays out for as long as the first lives, whatever it took over from it, and whoever is the active controller.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/load.ts'
import { type Seat, VirtualCluster } from '../support/virtual-cluster.ts'

/** The one that is no voter: a second voter of one id is refused by the quorum already. */
const TWICE = 4
const FILE = '/data/meta.properties'

interface Copy {
  /** Why it did not start; null while it tries. */
  failure: Error | null
  isServing: boolean
}

/** A copy of the directory and the configuration on another machine, started there; `advertises` is the name that others are told. */
async function startCopy(cluster: VirtualCluster, { overrides, process, machine }: Seat, advertises: string): Promise<Copy> {
  const other = cluster.world.machine('copy')
  const { platform } = other.start()
  const identity = await cluster.during(process!.platform.disk.readAtomic(FILE))
  await cluster.during(platform.disk.mkdir('/data'))
  await cluster.during(platform.disk.replaceAtomic(FILE, identity!))
  const changed = [...overrides].map(([key, value]) => [key, value.replaceAll(machine.name, other.name)] as const)
  const told = new Map([...changed, ['advertised.listeners', `PLAINTEXT://${advertises}:9092`]])
  const copy: Copy = { failure: null, isServing: false }
  Broker.start(loadConfig({ profile: 'library', overrides: told, env: {} }), platform).then(
    () => (copy.isServing = true),
    (thrown) => (copy.failure = thrown),
  )
  return copy
}

for (const [what, advertises] of [
  ['an address of its own', 'copy'],
  ['the address of the first', 'four'],
] as const)
  test(`a copied directory on another machine, with ${what}, gets no place beside the broker that lives`, async () => {
    const cluster = await VirtualCluster.start({
      seed: 51,
      nodes: 4,
      config: { 'initial.broker.registration.timeout.ms': '20000' },
    })
    const first = cluster.seat(TWICE)
    const registered = () => {
      const { broker } = cluster.seats.find((seat) => seat.broker !== null)!
      return broker!.rooms.metadata.publisher.image.brokers.get(TWICE)!
    }
    const { epoch } = registered()
    const copy = await startCopy(cluster, first, advertises)
    for (let controllers = 0; controllers < 3; controllers++) {
      await cluster.pass(1500)
      const lost = cluster.controllerId!
      cluster.kill(lost)
      await cluster.until('another controller', () => cluster.controllerId !== lost && cluster.controllerId !== null)
      await cluster.pass(1500)
      cluster.start(lost)
      await cluster.until('it is back', cluster.serving(lost))
    }
    assert.deepEqual([registered().epoch, registered().fenced], [epoch, false])
    assert.ok(!copy.isServing)
    await cluster.until('the copy gives up', () => copy.failure !== null)
    assert.match(String(copy.failure), /another process is registered with node.id 4 and was alive a moment ago/)
  })
