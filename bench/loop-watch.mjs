/**
 * How long did the event loop of this process go without coming round? A timer of one millisecond looks at the clock; what the loop slept, and what the
 * kernel let it wait for a CPU, is taken off, so that what is left is work of ours, or a call to the system that blocked. Pauses for garbage are told apart.
 */
import { openSync, readSync } from 'node:fs'
import { PerformanceObserver, performance } from 'node:perf_hooks'

/** Begins to look. The function it gives resolves to what was seen since it was called last. */
export function watchLoop() {
  const scheduled = mainThread()
  let idleBefore = performance.eventLoopUtilization().idle
  let { ranMs: ranBefore, waitedMs: waitedBefore } = scheduled()
  let before = performance.now()
  let seen = empty()

  const tick = () => {
    const now = performance.now()
    const { idle } = performance.eventLoopUtilization()
    const { ranMs, waitedMs } = scheduled()
    const cpuMs = ranMs - ranBefore
    // Waiting for a CPU after a sleep counts as sleep, too, so that the difference may be too small: never below what was worked.
    const ms = Math.max(cpuMs, now - before - (idle - idleBefore) - (waitedMs - waitedBefore))
    if (ms >= 2) seen.long.push({ from: before, to: now, ms, cpuMs })
    seen.tenths[Math.min(seen.tenths.length - 1, Math.max(0, Math.floor(ms * 10)))]++
    if (ms > seen.longest) seen.longest = ms
    before = now
    idleBefore = idle
    ranBefore = ranMs
    waitedBefore = waitedMs
  }
  setInterval(tick, 1).unref()
  const pauses = new PerformanceObserver((list) => {
    for (const { startTime, duration, detail } of list.getEntries())
      seen.pauses.push({ at: startTime, ms: duration, kind: detail.kind })
  })
  pauses.observe({ entryTypes: ['gc'] })

  return async () => {
    // A moment later, so that the pauses of the last turns have been told.
    await new Promise((resume) => setTimeout(resume, 20))
    const found = summary(seen)
    seen = empty()
    return found
  }
}

function empty() {
  return { longest: 0, long: [], pauses: [], tenths: new Uint32Array(1000) }
}

/** Long turns with the part of each that was garbage collection, the longest first. */
function summary({ longest, long, pauses, tenths }) {
  const withGc = long.map(({ from, to, ms, cpuMs }) => {
    const gcMs = pauses.filter(({ at }) => at >= from && at < to).reduce((sum, each) => sum + each.ms, 0)
    return { ms, cpuMs, gcMs, workMs: ms - gcMs }
  })
  withGc.sort((a, b) => b.ms - a.ms)
  const most = (name) => withGc.reduce((found, each) => Math.max(found, each[name]), Math.min(longest, 2))
  return {
    longestMs: longest,
    p999Ms: percentile(tenths, 0.999),
    longestWorkMs: most('workMs'),
    longestCpuMs: most('cpuMs'),
    longestGcMs: pauses.reduce((found, each) => Math.max(found, each.ms), 0),
    over10Ms: withGc.filter(({ ms }) => ms > 10).length,
    worst: withGc.slice(0, 5),
  }
}

/** Of turns counted by tenths of a millisecond, in milliseconds. */
function percentile(tenths, part) {
  const wanted = tenths.reduce((sum, count) => sum + count, 0) * part
  let passed = 0
  return tenths.findIndex((count) => (passed += count) >= wanted) / 10
}

/** A function that tells how many milliseconds the main thread ran, and was ready and had no CPU; 0 where the kernel does not say. */
function mainThread() {
  const buffer = Buffer.alloc(128)
  let file
  try {
    file = openSync(`/proc/self/task/${process.pid}/schedstat`)
  } catch {
    return () => ({ ranMs: 0, waitedMs: 0 }) // not Linux
  }
  return () => {
    const length = readSync(file, buffer, 0, buffer.length, 0)
    const [ranNs, waitedNs] = buffer.latin1Slice(0, length).split(' ')
    return { ranMs: Number(ranNs) / 1e6, waitedMs: Number(waitedNs) / 1e6 }
  }
}
