/**
 * The brokers of a run, by name. Deleted topics leave the disk at once in all of them, so that one case does not slow the next; all
 * settings that are not named here are equal.
 */
import { join } from 'node:path'
import { startBroker } from '../test/interop/lib/brokers.mjs'
import { startCluster } from './clusters.mjs'
import { withProbe } from './loop.mjs'
import { raise } from './priority.mjs'

const common = { 'group.initial.rebalance.delay.ms': '0', 'log.segment.delete.delay.ms': '100' }
const noFlush = { 'log.flush.policy': 'os' }

/**
 * A row without `runsOn` is a process, or a cluster of `nodes` processes where a case or the row says so; one with it is that process, with topics
 * that are configured in another way.
 */
export const brokers = {
  ours: { kind: 'ours', overrides: noFlush, what: 'ours as Apache does it: an answer does not wait for fsync' },
  apache: { kind: 'apache', overrides: {}, what: 'Apache Kafka as it is by default' },
  'ours-fsync': { kind: 'ours', overrides: {}, what: 'ours as it is by default: the answer waits for fsync' },
  'apache-flush': {
    runsOn: 'apache',
    topicConfigs: { 'flush.messages': '1' },
    what: 'Apache Kafka, topics with flush.messages=1',
  },
  'ours-two': { kind: 'ours', overrides: noFlush, nodes: 2, what: 'two processes of ours on one host, the leaders divided' },
  // What two equal brokers differ by on this machine, and two commits of ours (--other DIR).
  'apache-again': { kind: 'apache', overrides: {}, what: 'a second Apache Kafka' },
  other: { kind: 'ours', overrides: noFlush, isOther: true, what: 'another build of ours, see --other' },
  'other-fsync': { kind: 'ours', overrides: {}, isOther: true, what: 'the same, as it is by default' },
}

/** The name of the process that `name` lives in. */
export const processOf = (name) => brokers[name].runsOn ?? name

export const isOurs = (name) => brokers[name].kind === 'ours'

/**
 * Starts `name` on `dir`, above strangers, and waits until it is ready: one process, or a cluster of `nodes`. The handle has what `startBroker`
 * says of one process, or `startCluster` of several, and always `bootstrap`, `pids`, `probes` and `stop()`. `withLoop`: ours carries the probe of
 * loop-probe.mjs; it may `profile`, and try `v8` flags on the broker 'ours' alone.
 */
export async function startNamed(name, dir, { nodes = brokers[name].nodes ?? 1, port, ...options } = {}) {
  if (nodes > 1) return startCluster(dir, nodes, (where, node) => startOne(name, where, { ...options, ...node }))
  const broker = await startOne(name, dir, { ...options, port })
  return Object.assign(broker, { pids: [broker.pid], probes: broker.probe ? [broker.probe] : [] })
}

async function startOne(name, dir, { port, other, withLoop = false, profile, v8, more = {}, env = process.env }) {
  const { kind, overrides, isOther } = brokers[name]
  const socket = join(dir, 'loop.sock')
  const probe = withLoop && kind === 'ours' && isUsable(socket) ? socket : undefined
  const broker = await startBroker({
    kind,
    dir,
    port,
    overrides: { ...common, ...overrides, ...more },
    readyMs: 180_000,
    onSpawn: raise,
    ...(isOther ? { build: other } : {}),
    env: probe ? withProbe(probe, { profile, v8: name === 'ours' ? v8 : '' }, env) : env,
  })
  broker.probe = probe
  return broker
}

/** The path of a Unix socket has 107 bytes at most. */
const isUsable = (socket) => process.platform !== 'win32' && Buffer.byteLength(socket) <= 100

/** What a case sees of a broker, or a cluster, under one of its names. */
export function target(name, { bootstrap, pids, probes }) {
  return { name, bootstrap, pids, probes, topicConfigs: brokers[name].topicConfigs ?? {} }
}
