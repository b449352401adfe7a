/** What the kernel knows about a process: CPU time and memory, its own and that of strangers. Linux; elsewhere the columns stay empty. */
import { existsSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

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

/** User and system seconds of one process so far. */
export function cpuOf(pid) {
  const fields = stat(pid)
  return fields === null ? 0 : (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Seconds of all children of ours that have ended: how client programs are accounted. */
function cpuOfEndedChildren() {
  const fields = stat('self')
  return fields === null ? 0 : (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

/** Busy seconds of all cores together. */
function cpuOfMachine() {
  const line = read('/proc/stat')?.split('\n')[0].trim().split(/\s+/).slice(1).map(Number)
  return line === undefined ? 0 : (line[0] + line[1] + line[2] + line[5] + line[6]) / ticksPerSecond
}

/** Resident memory in MiB. */
export function rssOf(pid) {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')
  return match === null ? null : Number(match[1]) / 1024
}

/**
 * Runs one action against a broker and adds to its result what it cost: `brokerCpu` (seconds), `cpuPerGB` (per 10^9 bytes of
 * record values), `rssPeak` (MiB), `clientCpu`, and `otherCores`: how many cores strangers kept busy meanwhile.
 */
export async function measured(broker, action) {
  if (!existsSync('/proc/self/stat')) return action()
  const before = { broker: cpuOf(broker.pid), children: cpuOfEndedChildren(), self: process.cpuUsage(), machine: cpuOfMachine() }
  const from = performance.now()
  let rssPeak = rssOf(broker.pid)
  const watch = setInterval(() => (rssPeak = Math.max(rssPeak, rssOf(broker.pid))), 200)
  let result
  try {
    result = await action()
  } finally {
    clearInterval(watch)
  }
  const wall = (performance.now() - from) / 1000
  const self = process.cpuUsage(before.self)
  const brokerCpu = cpuOf(broker.pid) - before.broker
  const clientCpu = cpuOfEndedChildren() - before.children
  const strangers = cpuOfMachine() - before.machine - brokerCpu - clientCpu - (self.user + self.system) / 1e6
  const perGB = result.bytes ? { cpuPerGB: brokerCpu / (result.bytes / 1e9) } : {}
  return { ...result, brokerCpu, ...perGB, rssPeak, clientCpu, otherCores: Math.max(0, strangers / wall) }
}
