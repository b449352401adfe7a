// What a power cut may leave of one file, as file systems keep it.
//
// The data is in sectors of 512 bytes. Each goes to the device by itself, in any order, as it was after any of the changes not flushed
// yet, so a later sector may be there without an earlier one. Sizes and cuts are in the journal, which keeps them in their order, up to
// one of them: the size may be known without the data (zeros stand for it), or the data be there without the size (nothing is seen of it).
// What a cut took away does not come back under the cut's own size.

import type { FileModel } from './device-model.ts'

export const SECTOR = 512

export interface FileChoice {
  /** Size and cuts as after so many of the changes. */
  readonly size: number
  /** The sectors' data as after so many of the changes: one number for all, or one for each sector. */
  readonly data: number | readonly number[]
}

/** Everything is there, as after the death of the process alone. */
export const whole = ({ changes }: FileModel): FileChoice => ({ size: changes.length, data: changes.length })

/** Nothing but what was flushed. */
export const nothing: FileChoice = { size: 0, data: 0 }

/** The size of all, and zeros for what was not flushed. */
export const zeros = ({ changes }: FileModel): FileChoice => ({ size: changes.length, data: 0 })

export function contentOf(file: FileModel, { size, data }: FileChoice): Uint8Array {
  if (size === data) return file.contentAfter(size)
  const sizeInBytes = file.contentAfter(size).length
  const content = new Uint8Array(sizeInBytes)
  for (let sector = 0; sector * SECTOR < sizeInBytes; sector++) {
    const at = sector * SECTOR
    const version = typeof data === 'number' ? data : (data[sector] ?? 0)
    content.set(sectorOf(file, at, size, version).subarray(0, sizeInBytes - at), at)
  }
  return content
}

/** The sector at `at`, as far as it holds anything. */
function sectorOf(file: FileModel, at: number, size: number, version: number): Uint8Array {
  const from = Math.max(version, lastCut(file, at, size))
  // A cut that the journal does not hold yet left whole sectors behind it alone.
  for (let count = from; count > size; count--) {
    const content = file.contentAfter(count)
    if (content.length > at) return content.subarray(at, at + SECTOR)
  }
  return file.contentAfter(Math.min(from, size)).subarray(at, at + SECTOR)
}

/** The last of the first `size` changes that took something of the sector away; 0: none did. */
function lastCut(file: FileModel, at: number, size: number): number {
  for (let count = size; count > 0; count--) {
    const change = file.changes[count - 1]!
    if ('size' in change && change.size < at + SECTOR && change.size < file.contentAfter(count - 1).length) return count
  }
  return 0
}

/** The sectors in which a change that is not flushed wrote. */
export function touchedSectors(file: FileModel, changes = file.changes): number[] {
  const touched = new Set<number>()
  for (const change of changes) {
    if (!('bytes' in change) || change.bytes.length === 0) continue
    const last = Math.floor((change.at + change.bytes.length - 1) / SECTOR)
    for (let sector = Math.floor(change.at / SECTOR); sector <= last; sector++) touched.add(sector)
  }
  return [...touched].sort((a, b) => a - b)
}

/** The choices that lie next to all and to nothing, and every choice there is where those are not more than `bound`. */
export function choicesOf(file: FileModel, bound: number): FileChoice[] {
  const count = file.changes.length
  const sectors = touchedSectors(file)
  if ((count + 1) ** (sectors.length + 1) <= bound) return everyChoice(file, sectors)
  const choices = [nothing, zeros(file), { size: 0, data: count }]
  const last = touchedSectors(file, file.changes.slice(-1))
  for (let kept = 1; kept < last.length; kept++) {
    choices.push({ size: count, data: versions(file, (sector) => (last.indexOf(sector) < kept ? count : count - 1)) })
    choices.push({ size: count, data: versions(file, (sector) => (last.indexOf(sector) >= kept ? count : count - 1)) })
  }
  for (let kept = count - 1; kept > 0; kept--) {
    choices.push({ size: kept, data: kept }, { size: count, data: kept }, { size: kept, data: count })
  }
  for (const lost of sectors) choices.push({ size: count, data: versions(file, (sector) => (sector === lost ? 0 : count)) })
  for (const found of sectors) choices.push({ size: count, data: versions(file, (sector) => (sector === found ? count : 0)) })
  return choices
}

function everyChoice(file: FileModel, sectors: readonly number[]): FileChoice[] {
  const count = file.changes.length
  let all: number[][] = [[]]
  for (const _ of sectors) all = all.flatMap((each) => Array.from({ length: count + 1 }, (_, version) => [...each, version]))
  return Array.from({ length: count + 1 }, (_, size) =>
    all.map((each) => ({ size, data: versions(file, (sector) => each[sectors.indexOf(sector)] ?? 0) })),
  ).flat()
}

/** A version for every sector of the largest size the file may have. */
export function versions(file: FileModel, of: (sector: number) => number): number[] {
  let largest = file.durable.length
  for (let count = 1; count <= file.changes.length; count++) largest = Math.max(largest, file.contentAfter(count).length)
  return Array.from({ length: Math.ceil(largest / SECTOR) }, (_, sector) => of(sector))
}
