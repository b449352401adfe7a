// The files found in a log's directory, and what an interrupted cleaner or deletion left among them (the same rules as Apache Kafka's).

import type { Disk, Entry } from '../platform/disk.ts'
import { batches } from '../protocol/records/batch.ts'
import { type OffsetFile, offsetName, parseOffsetFile, SUFFIX, segmentSuffixes } from './file-names.ts'

export interface FoundSegment {
  readonly baseOffset: number
  readonly sizeInBytes: number
  /** Both of them. */
  readonly hasIndexes: boolean
  readonly hasTransactionIndex: boolean
}

export interface FoundFiles {
  /** In the order of their offsets. */
  readonly segments: readonly FoundSegment[]
  readonly snapshots: readonly number[]
  readonly names: ReadonlySet<string>
}

interface Found extends OffsetFile {
  readonly name: string
  readonly sizeInBytes: number
}

/** Lists a log's directory after finishing or undoing what was interrupted in it. */
export async function findFiles(disk: Disk, dir: string): Promise<FoundFiles> {
  let entries = await disk.list(dir, isLog)
  if (await tidy(disk, dir, entries)) entries = await disk.list(dir, isLog)
  const found = offsetFiles(entries).filter(({ mark }) => mark === '')
  const logs = found.filter(({ suffix }) => suffix === SUFFIX.log)
  const bases = new Set(logs.map(({ offset }) => offset))
  const offsetsWith = (wanted: string) => new Set(found.filter(({ suffix }) => suffix === wanted).map(({ offset }) => offset))
  const [indexes, timeIndexes] = [offsetsWith(SUFFIX.offsetIndex), offsetsWith(SUFFIX.timeIndex)]
  const transactionIndexes = offsetsWith(SUFFIX.transactionIndex)
  for (const { suffix, offset, name } of found) {
    if (isIndex(suffix) && !bases.has(offset)) await disk.remove(`${dir}/${name}`) // its segment is gone
  }
  return {
    segments: logs.map(({ offset, sizeInBytes }) => ({
      baseOffset: offset,
      sizeInBytes,
      hasIndexes: indexes.has(offset) && timeIndexes.has(offset),
      hasTransactionIndex: transactionIndexes.has(offset),
    })),
    snapshots: found.filter(({ suffix }) => suffix === SUFFIX.producerSnapshot).map(({ offset }) => offset),
    names: new Set(entries.map(({ name }) => name)),
  }
}

const isLog = (name: string) => name.endsWith(SUFFIX.log)

function isIndex(suffix: string): boolean {
  return suffix !== SUFFIX.log && (segmentSuffixes as readonly string[]).includes(suffix)
}

function offsetFiles(entries: readonly Entry[]): Found[] {
  return entries.flatMap(({ name, sizeInBytes, isDirectory }) => {
    const parsed = isDirectory ? null : parseOffsetFile(name)
    return parsed ? [{ ...parsed, name, sizeInBytes }] : []
  })
}

/** Whether anything had to be changed. */
async function tidy(disk: Disk, dir: string, entries: readonly Entry[]): Promise<boolean> {
  const marked = offsetFiles(entries).filter(({ mark }) => mark !== '')
  const unfinished = entries.filter(({ name }) => name.endsWith('.tmp'))
  for (const { name } of unfinished) await disk.remove(`${dir}/${name}`)
  // A cleaner makes all of its output before the first file gets its final name: with an unfinished file left, swap files from there on
  // belong to a group that is incomplete.
  const firstCleaned = Math.min(
    ...marked.filter(({ mark }) => mark === SUFFIX.cleaned).map(({ offset }) => offset),
    Number.POSITIVE_INFINITY,
  )
  for (const { name, mark, offset } of marked) {
    const isGone = mark === SUFFIX.deleted || mark === SUFFIX.cleaned || (mark === SUFFIX.swap && offset >= firstCleaned)
    if (isGone) await disk.remove(`${dir}/${name}`)
  }
  const swaps = marked.filter(({ mark, offset }) => mark === SUFFIX.swap && offset < firstCleaned)
  await finishSwaps(disk, dir, swaps, entries)
  return marked.length + unfinished.length > 0
}

/** A swap file is complete; what it was made from goes, and it gets its final name. */
async function finishSwaps(disk: Disk, dir: string, swaps: readonly Found[], entries: readonly Entry[]): Promise<void> {
  const originals = offsetFiles(entries).filter(({ mark, suffix }) => mark === '' && suffix === SUFFIX.log)
  for (const { name, offset } of swaps.filter(({ suffix }) => suffix === SUFFIX.log)) {
    const end = await nextOffsetOf(disk, `${dir}/${name}`, offset)
    for (const original of originals) {
      if (original.offset < offset || original.offset >= end) continue
      for (const suffix of segmentSuffixes) await disk.remove(`${dir}/${offsetName(original.offset)}${suffix}`)
    }
  }
  // Indexes first: a segment without its final name is still recognised by the swap file of its log.
  const inOrder = [...swaps].sort((one, other) => Number(one.suffix === SUFFIX.log) - Number(other.suffix === SUFFIX.log))
  for (const { name } of inOrder) await disk.rename(`${dir}/${name}`, `${dir}/${name.slice(0, -SUFFIX.swap.length)}`)
  if (swaps.length > 0) await disk.flushDirectory(dir)
}

const READ_BYTES = 1024 * 1024

async function nextOffsetOf(disk: Disk, path: string, baseOffset: number): Promise<number> {
  const file = await disk.open(path, 'never')
  try {
    let next = baseOffset
    let length = READ_BYTES
    for (let at = 0; at < file.size; ) {
      const read = await file.read(at, length)
      const before = at
      for (const batch of batches(Buffer.concat(read.views))) {
        next = batch.nextOffset
        at += batch.sizeInBytes
      }
      read.release()
      if (at > before) length = READ_BYTES
      else if (before + length >= file.size) break
      else length *= 4
    }
    return next
  } finally {
    await file.close()
  }
}
