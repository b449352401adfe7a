// The states that a power cut may leave at one boundary. Unflushed names of a directory stay up to one of their steps, each directory for
// itself; of unflushed data see file-states.ts. All small subsets come first, then a sample with a seed; small boundaries are complete.

import { createHash } from 'node:crypto'
import { SeededRandom } from '../../src/platform/sim/random.ts'
import type { DeviceModel, DirectoryModel, FileModel } from './device-model.ts'
import { choicesOf, contentOf, type FileChoice, nothing, SECTOR, touchedSectors, versions, whole, zeros } from './file-states.ts'
import type { NodeRef } from './recording.ts'

/** What is kept: of each directory with unflushed steps how many, of each file with unflushed changes which. What is not named is kept. */
export interface Subset {
  readonly names: ReadonlyMap<DirectoryModel, number>
  readonly data: ReadonlyMap<FileModel, FileChoice>
}

/** By path; null: a directory. */
export type DeviceImage = ReadonlyMap<string, Uint8Array | null>

/** A boundary with no more combinations than these is complete. */
const COMPLETE = 48
/** So many choices of the file that was just changed. */
const CHOICES_OF_ONE = 16

/** At most `bound` subsets, in an order that depends on nothing but the boundary and the seed. Some may give the same state. */
export function subsetsAt(model: DeviceModel, bound: number, seed: number): Subset[] {
  const { files, directories } = model.pending
  const all: Subset[] = []
  const names = (count: (directory: DirectoryModel) => number) => new Map(directories.map((one) => [one, count(one)]))
  const data = (choice: (file: FileModel) => FileChoice) => new Map(files.map((one) => [one, choice(one)]))
  const [allNames, noNames] = [names(({ steps }) => steps.length), names(() => 0)]
  const [allData, noData] = [data(whole), data(() => nothing)]

  all.push({ names: allNames, data: allData }, { names: noNames, data: noData })
  all.push({ names: allNames, data: noData }, { names: allNames, data: data(zeros) }, { names: noNames, data: allData })
  const combinations = completeSubsets(files, directories)
  if (combinations) return [...all, ...combinations].slice(0, bound)

  const focus = model.lastChanged && files.includes(model.lastChanged) ? [model.lastChanged] : []
  for (const file of focus) for (const choice of choicesOf(file, CHOICES_OF_ONE)) all.push(butFor(allData, file, choice))
  for (const directory of directories)
    for (let kept = 0; kept < directory.steps.length; kept++) {
      const some = new Map(allNames).set(directory, kept)
      all.push({ names: some, data: allData }, { names: some, data: noData })
    }
  for (const file of files)
    all.push(butFor(allData, file, nothing), butFor(allData, file, zeros(file)), butFor(noData, file, whole(file)))
  const random = new SeededRandom(seed)
  while (all.length < bound)
    all.push({ names: names(({ steps }) => random.below(steps.length + 1)), data: data((one) => drawn(one, random)) })
  return all.slice(0, bound)

  function butFor(others: ReadonlyMap<FileModel, FileChoice>, file: FileModel, choice: FileChoice): Subset {
    return { names: allNames, data: new Map(others).set(file, choice) }
  }
}

/** Null where there are too many. */
function completeSubsets(files: readonly FileModel[], directories: readonly DirectoryModel[]): Subset[] | null {
  const choices = new Map(files.map((file) => [file, [...choicesOf(file, CHOICES_OF_ONE), whole(file)]]))
  let count = 1
  for (const { steps } of directories) count *= steps.length + 1
  for (const each of choices.values()) count *= each.length
  if (count > COMPLETE) return null
  let all: Subset[] = [{ names: new Map(), data: new Map() }]
  for (const directory of directories)
    all = all.flatMap(({ names, data }) =>
      Array.from({ length: directory.steps.length + 1 }, (_, kept) => ({ names: new Map(names).set(directory, kept), data })),
    )
  for (const [file, each] of choices)
    all = all.flatMap(({ names, data }) => each.map((choice) => ({ names, data: new Map(data).set(file, choice) })))
  return all
}

function drawn(file: FileModel, random: SeededRandom): FileChoice {
  const count = file.changes.length
  if (random.chance(0.3)) return whole(file)
  if (random.chance(0.2)) return nothing
  const size = random.chance(0.5) ? count : random.below(count + 1)
  if (random.chance(0.3)) return { size, data: size }
  const touched = new Set(touchedSectors(file))
  const sector = () => (random.chance(0.5) ? count : random.below(count + 1))
  return { size, data: versions(file, (at) => (touched.has(at) ? sector() : 0)) }
}

/** Where everything lies under one choice of names: directories above what is in them. */
type Places = readonly { readonly path: string; readonly file: FileModel | null }[]

/** Puts together what a device holds. What was asked for is remembered: boundaries next to each other share most of it. */
export class Images {
  readonly #contents = new Map<string, { readonly bytes: Uint8Array; readonly hash: string }>()
  readonly #places = new WeakMap<Subset['names'], Places>()

  /** The same for the same paths with the same contents. */
  hashOf(model: DeviceModel, subset: Subset): string {
    const hash = createHash('sha1')
    let text = ''
    for (const { path, file } of this.#placesOf(model, subset))
      text += `${path} ${file ? this.#content(file, subset).hash : ''}\n`
    return hash.update(text).digest('hex')
  }

  imageOf(model: DeviceModel, subset: Subset): DeviceImage {
    return new Map(
      this.#placesOf(model, subset).map(({ path, file }) => [path, file && this.#content(file, subset).bytes] as const),
    )
  }

  #placesOf(model: DeviceModel, { names }: Subset): Places {
    let found = this.#places.get(names)
    if (!found) this.#places.set(names, (found = placesOf(model, names)))
    return found
  }

  #content(file: FileModel, { data }: Subset): { readonly bytes: Uint8Array; readonly hash: string } {
    const { changes, number, generation } = file
    const choice = data.get(file) ?? whole(file)
    const key = `${number} ${generation} ${changes.length} ${choice.size} ${choice.data}`
    let found = this.#contents.get(key)
    if (!found) {
      const bytes = contentOf(file, choice)
      found = { bytes, hash: createHash('sha1').update(bytes).digest('hex') }
      if (this.#contents.size > MAX_REMEMBERED) this.#contents.clear()
      this.#contents.set(key, found)
    }
    return found
  }
}

function placesOf(model: DeviceModel, names: Subset['names']): Places {
  const places: { path: string; file: FileModel | null }[] = []
  const visit = (path: string, ref: NodeRef) => {
    if ('file' in ref) return void places.push({ path, file: model.file(ref.file) })
    const directory = model.directory(ref.directory)
    if (path !== '') places.push({ path, file: null })
    const entries = directory.namesAfter(names.get(directory) ?? directory.steps.length)
    for (const [name, child] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) visit(`${path}/${name}`, child)
  }
  if (model.root !== null) visit('', { directory: model.root })
  return places
}

const MAX_REMEMBERED = 2000

/** In words: what is not wholly kept. */
export function textOf(subset: Subset, nameOf: (number: number) => string): string {
  const parts: string[] = []
  for (const [{ number, steps }, kept] of subset.names)
    if (kept < steps.length) parts.push(`${kept} of ${steps.length} steps of ${nameOf(number)}`)
  for (const [{ number, changes }, { size, data }] of subset.data) {
    if (size === changes.length && data === changes.length) continue
    parts.push(
      `of ${changes.length} changes of ${nameOf(number)} the size of ${size} and the data of ${typeof data === 'number' ? data : `[${data}] by sectors of ${SECTOR}`}`,
    )
  }
  return parts.length === 0 ? 'everything' : parts.join('; ')
}
