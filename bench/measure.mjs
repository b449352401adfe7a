/** What the kernel knows about a process: CPU time and memory, its own and that of strangers. Linux; elsewhere the columns stay empty. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { askProbe, loopFigures } from './loop.mjs'

const ticksPerSecond = 100

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null // the process has ended, or this is not Linux
  }
}

function stat(pid) {
  const text = read(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? null
}

/** User and system seconds of these processes so far. */
export function cpuOf(pids) {
  return [pids].flat().reduce((sum, pid) => {
    const fields = stat(pid)
    return fields === null ? sum : sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }, 0)
}

/** Seconds of all children of ours that have ended: how client programs are accounted. */
function cpuOfEndedChildren() {
  const fields = stat('self')
  return fields === null ? 0 : (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

/** Seconds that all cores together spent in processes; what interrupts took belongs to nobody. */
function cpuOfMachine() {
  const line = read('/proc/stat')?.split('\n')[0].trim().split(/\s+/).slice(1).map(Number)
  return line === undefined ? 0 : (line[0] + line[1] + line[2]) / ticksPerSecond
}

const kernelParent = '2'

/** Seconds of each of the kernel's own threads so far: they write to the disk for whoever wrote to files. */
function cpuOfKernelThreads() {
  const found = new Map()
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const fields = stat(pid)
    if (fields?.[1] === kernelParent) found.set(pid, (Number(fields[11]) + Number(fields[12])) / ticksPerSecond)
  }
  return found
}

/** Resident memory of these processes together in MiB; null where it is not known of one. */
export function rssOf(pids) {
  return [pids].flat().reduce((sum, pid) => {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')
    return match === null || sum === null ? null : sum + Number(match[1]) / 1024
  }, 0)
}

/**
 * Starts to watch the machine. The function it gives ends that, and tells `otherCores`: how many cores were busy meanwhile with processes
 * that are neither one of `pids`, nor us, nor a program of ours that has ended. Null where the kernel does not say.
 */
export function watchStrangers(pids = []) {
  if (!existsSync('/proc/self/stat')) return () => null
  const ours = () => cpuOf(pids) + cpuOfEndedChildren() + ownCpu()
  const from = { machine: cpuOfMachine(), ours: ours(), kernel: cpuOfKernelThreads(), at: performance.now() }
  return () => {
    let strangers = cpuOfMachine() - from.machine - (ours() - from.ours)
    for (const [pid, cpu] of cpuOfKernelThreads()) strangers -= cpu - (from.kernel.get(pid) ?? 0)
    return Math.max(0, strangers / ((performance.now() - from.at) / 1000))
  }
}

function ownCpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/**
 * Runs one action against a broker, or a cluster, and adds to its result what it cost in all its processes: `brokerCpu` (seconds), `cpuPerGB` (per
 * 10^9 bytes of record values), `rssPeak` (MiB), `clientCpu`, `otherCores`, and how long an event loop was held, where they carry the probe. The
 * `others` are brokers that wait for their turn.
 */
export async function measured(broker, others, action) {
  const { pids, probes } = broker
  for (const probe of probes) await askProbe(probe) // forget what was before
  const strangers = watchStrangers([broker, ...others].flatMap((each) => each.pids))
  const before = { broker: cpuOf(pids), children: cpuOfEndedChildren() }
  let rssPeak = rssOf(pids)
  const watch = setInterval(() => (rssPeak = Math.max(rssPeak, rssOf(pids))), 200)
  let result
  try {
    result = await action()
  } finally {
    clearInterval(watch)
  }
  const otherCores = strangers()
  const loop = probes.length > 0 ? loopFigures(await Promise.all(probes.map(askProbe))) : {}
  if (otherCores === null) return { ...result, ...loop }
  const brokerCpu = cpuOf(pids) - before.broker
  const perRequest = result.requests ? { cpuPerRequest: (brokerCpu * 1e6) / result.requests } : {}
  const perGB = result.bytes ? { cpuPerGB: brokerCpu / (result.bytes / 1e9) } : {}
  return {
    ...result,
    ...loop,
    brokerCpu,
    ...perGB,
    ...perRequest,
    rssPeak,
    clientCpu: cpuOfEndedChildren() - before.children,
    otherCores,
  }
}
