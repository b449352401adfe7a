// What Node and Linux know of this process.

import { readdirSync, readFileSync } from 'node:fs'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import type { VitalSigns, Vitals } from '../vitals.ts'

const PAGE_BYTES = 4096

export function nodeVitals(): Vitals {
  let gcCount = 0
  let gcMs = 0
  return {
    watch() {
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) {
          gcCount++
          gcMs += duration
        }
      })
      observer.observe({ entryTypes: ['gc'] })
      return () => observer.disconnect()
    },
    read: () => ({ ...usage(), ...files(), ...disk(), gcCount, gcMs }),
  }
}

type Rest = Omit<VitalSigns, 'gcCount' | 'gcMs' | 'openFiles' | 'maxOpenFiles' | 'diskReadBytes' | 'diskWriteBytes'>

function usage(): Rest {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  const loop = performance.eventLoopUtilization()
  return {
    startedAtMs: performance.timeOrigin,
    cpuUserMs: cpu.user / 1000,
    cpuSystemMs: cpu.system / 1000,
    residentBytes: memory.rss,
    virtualBytes: virtualBytes(),
    heapTotalBytes: memory.heapTotal,
    heapUsedBytes: memory.heapUsed,
    externalBytes: memory.external,
    arrayBufferBytes: memory.arrayBuffers,
    loopBusyMs: loop.active,
    loopIdleMs: loop.idle,
    runtimeVersion: process.version,
  }
}

/** The text of a file below /proc/self; null on systems without one. */
function fact(name: string): string | null {
  try {
    return readFileSync(`/proc/self/${name}`, 'utf8')
  } catch {
    return null
  }
}

function virtualBytes(): number | null {
  const pages = fact('statm')?.split(' ', 1)[0]
  return pages === undefined ? null : Number(pages) * PAGE_BYTES
}

function files(): Pick<VitalSigns, 'openFiles' | 'maxOpenFiles'> {
  const limit = /^Max open files\s+(\d+)/m.exec(fact('limits') ?? '')?.[1]
  return { openFiles: openFiles(), maxOpenFiles: limit === undefined ? null : Number(limit) }
}

// The listing opens the directory itself, which is not counted.
function openFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return null
  }
}

function disk(): Pick<VitalSigns, 'diskReadBytes' | 'diskWriteBytes'> {
  const text = fact('io') ?? ''
  const of = (name: string) => {
    const found = new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1]
    return found === undefined ? null : Number(found)
  }
  return { diskReadBytes: of('read_bytes'), diskWriteBytes: of('write_bytes') }
}
