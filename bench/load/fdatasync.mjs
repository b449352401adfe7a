/**
 * What the disk alone takes: as many bytes a second as a produce load brings, appended to files in turn, and one round of fdatasync over those
 * that are dirty by then, one round after the other. Tells the median of a round, and how many files a round had. No broker.
 * { dir, files, rate, size, seconds }
 */
import { mkdirSync, rmSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Latencies, sleep } from './latencies.mjs'

const { dir, files, rate, size, seconds } = JSON.parse(process.argv[2])
mkdirSync(dir, { recursive: true })
const handles = await Promise.all(Array.from({ length: files }, (_, i) => open(join(dir, `${i}.log`), 'w')))
const record = Buffer.alloc(size, 'r')
const rounds = new Latencies()
let written = 0
let synced = 0

const startedAt = performance.now()
for (let now = startedAt; now - startedAt < seconds * 1000; now = performance.now()) {
  const due = Math.floor(((now - startedAt) * rate) / 1000)
  if (due <= written) {
    // A timer is late by up to a millisecond, more than a record takes to come: go round the event loop.
    await new Promise((resume) => setImmediate(resume))
    continue
  }
  const dirty = new Set()
  for (; written < due; written++) dirty.add(handles[written % files])
  const from = performance.now()
  for (const handle of dirty) writeSync(handle.fd, record)
  await Promise.all([...dirty].map((handle) => handle.datasync()))
  rounds.add(performance.now() - from)
  synced += dirty.size
}
await sleep(0)
for (const handle of handles) await handle.close()
rmSync(dir, { recursive: true })
const { p50, p99, count } = { ...rounds.summary(), count: rounds.count }
console.log(JSON.stringify({ 'bare round p50': p50, 'bare round p99': p99, 'files a round': synced / count }))
