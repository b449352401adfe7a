// What happens to a simulated metadata quorum: one trouble after the other, drawn from the seed, never more machines down than may be.

import type { SeededRandom } from '../../src/platform/sim/random.ts'
import type { QuorumCluster, QuorumNode } from './quorum-cluster.ts'
import { calm } from './quorum-network.ts'

type Trouble = (cluster: QuorumCluster, random: SeededRandom) => void

const TROUBLES: Record<string, Trouble> = {
  /** At once, or one after the other: nothing was flushed but what was flushed. */
  powerCut: (cluster, random) => restartLater(cluster, random, victim(cluster, random), (node) => node.machine.powerCut()),
  leaderPowerCut: (cluster, random) => restartLater(cluster, random, cluster.leader, (node) => node.machine.powerCut()),
  kill: (cluster, random) => restartLater(cluster, random, victim(cluster, random), (node) => node.kill()),
  allPowerCut: (cluster, random) => {
    for (const node of cluster.nodes) restartLater(cluster, random, node.isUp ? node : undefined, (one) => one.machine.powerCut())
  },
  pause: (cluster, random) => {
    const node = random.chance(0.5) ? cluster.leader : victim(cluster, random)
    if (node) node.process.pausedUntil = cluster.world.events.now + random.between(100, 6000)
  },
  isolateLeader: (cluster) => {
    const { leader } = cluster
    for (const { id } of cluster.nodes) if (leader && id !== leader.id) closeBoth(cluster, id, leader.id)
  },
  /** Nobody hears the leader, and it hears everybody; or the other way round. */
  oneWay: (cluster, random) => {
    const { leader } = cluster
    const isDeaf = random.chance(0.5)
    for (const { id } of cluster.nodes) {
      if (!leader || id === leader.id) continue
      if (isDeaf) cluster.network.close(id, leader.id)
      else cluster.network.close(leader.id, id)
    }
  },
  split: (cluster, random) => {
    const sides = new Map(cluster.nodes.map(({ id }) => [id, random.chance(0.5)]))
    for (const { id: one } of cluster.nodes)
      for (const { id: other } of cluster.nodes) if (sides.get(one) !== sides.get(other)) cluster.network.close(one, other)
  },
  /** Each sees its neighbours only. */
  ring: (cluster) => {
    const { nodes } = cluster
    for (const [i, { id: one }] of nodes.entries()) {
      for (const [j, { id: other }] of nodes.entries()) {
        const distance = Math.min(Math.abs(i - j), nodes.length - Math.abs(i - j))
        if (distance > 1) cluster.network.close(one, other)
      }
    }
  },
  heal: (cluster) => cluster.network.openAll(),
  resign: (cluster) => {
    const log = cluster.leader?.log
    if (log) void log.resign(log.epoch)
  },
}

function closeBoth(cluster: QuorumCluster, one: number, other: number): void {
  cluster.network.close(one, other)
  cluster.network.close(other, one)
}

function victim(cluster: QuorumCluster, random: SeededRandom): QuorumNode | undefined {
  return random.pick(cluster.nodes.filter(({ isUp }) => isUp).concat(cluster.nodes[0]!))
}

function restartLater(
  cluster: QuorumCluster,
  random: SeededRandom,
  node: QuorumNode | undefined,
  end: (node: QuorumNode) => void,
): void {
  if (!node?.isUp) return
  end(node)
  cluster.world.events.after(random.between(50, 4000), `${node.id} comes back`, () => {
    if (!node.isUp) node.start()
  })
}

/** Power that goes just when somebody relies on what a node said. */
function worstMoments(cluster: QuorumCluster, random: SeededRandom): void {
  const [votes, commits] = [random.pick([0, 0.3]), random.pick([0, 0.01])]
  const cut = (node: QuorumNode | undefined, backMs: number) => {
    if (!node?.isUp) return
    node.machine.powerCut()
    cluster.world.events.after(backMs, `${node.id} comes back`, () => {
      if (!node.isUp) node.start()
    })
  }
  cluster.onMoment = (moment, id) => {
    const node = cluster.nodes.find((one) => one.id === id)
    if (moment === 'vote' && random.chance(votes)) cut(node, 5)
    if (moment !== 'commit' || !random.chance(commits)) return
    // The leader stays away, and of the others some lose what is not on their devices.
    cut(cluster.leader, random.between(2000, 6000))
    for (const one of cluster.nodes) if (random.chance(0.6)) cut(one, 5)
  }
}

/** Somebody who wants the voters changed again and again, whatever else happens. */
function changeVotersUntil(end: number, cluster: QuorumCluster, random: SeededRandom): void {
  const { events } = cluster.world
  if (events.now >= end) return
  changeVoters(cluster, random)
  events.after(random.between(50, 600), 'an operator', () => changeVotersUntil(end, cluster, random))
}

/** A spare comes, or a voter goes; whoever leads may refuse it, or not get to it. */
function changeVoters(cluster: QuorumCluster, random: SeededRandom): void {
  const log = cluster.leader?.log
  if (!log) return
  const { voter } = random.pick(cluster.nodes.filter(({ isController }) => isController))
  const isVoter = log.voters.some(({ id }) => id === voter.voterId)
  // At least two stay: one alone commits what nobody else has, and its disk may be away for a while.
  if (isVoter && log.voters.length < 3) return
  const asked = isVoter
    ? log.service.removeRaftVoter({ clusterId: null, ...voter })
    : log.service.addRaftVoter({ clusterId: null, timeoutMs: 1000, ackWhenCommitted: random.chance(0.5), ...voter })
  asked.then(
    ({ errorCode }) => {
      if (errorCode === 0) cluster.votersChanged++
    },
    () => {}, // the leader stopped
  )
}

/** Troubles for so long, with the weather of this seed; afterwards everybody is up and everything gets through. */
export async function trouble(cluster: QuorumCluster, ms: number): Promise<void> {
  const random = cluster.world.random.fork()
  cluster.network.weather = {
    wayMs: random.pick([2, 10, 60]),
    lossShare: random.pick([0, 0.02, 0.2]),
    twiceShare: random.pick([0, 0.1]),
    lateShare: random.pick([0, 0.05]),
    lateMs: random.pick([300, 5000]),
  }
  for (const { machine } of cluster.nodes) machine.device.weather.flushMs = random.pick([2, 2, 40, 400])
  worstMoments(cluster, random)
  const names = Object.keys(TROUBLES).filter((name) => name === 'heal' || random.chance(0.5))
  const end = cluster.world.events.now + ms
  if (cluster.options.spares) changeVotersUntil(end, cluster, cluster.world.random.fork())
  while (cluster.world.events.now < end) {
    await cluster.run(random.between(20, 2500))
    const name = random.pick(names)
    cluster.world.events.note(`trouble: ${name}`)
    TROUBLES[name]!(cluster, random)
  }
  cluster.onMoment = () => {}
  cluster.network.openAll()
  cluster.network.weather = { ...calm }
  for (const { machine } of cluster.nodes) machine.device.weather.flushMs = machine.device.usual.flushMs
  for (const node of cluster.nodes) if (!node.isUp) node.start()
  for (const node of cluster.nodes) node.process.pausedUntil = 0
}
