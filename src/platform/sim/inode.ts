// Files and directories as a device has them: what was written, and what of it is sure to stay when the power goes.

import { ChunkList } from '../memory/chunk-list.ts'
import type { Journal } from './journal.ts'
import type { SeededRandom } from './random.ts'

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number }

/** Is told of the rare things that happen. */
export type Saw = (what: string) => void

export type Inode = SimInode | SimDirectory

export class SimInode {
  /** As every process sees it. */
  readonly content = new ChunkList()
  readonly #onDevice = new ChunkList()
  /** Not flushed yet, in their order. */
  readonly #changes: Change[] = []
  readonly #journal: Journal
  #flushed = 0

  constructor(journal: Journal) {
    this.#journal = journal
  }

  write(at: number, bytes: Uint8Array): void {
    const kept = Uint8Array.from(bytes)
    this.content.write(at, bytes)
    this.#changes.push({ at, bytes: kept })
    this.#journal.onStep?.({ kind: 'write', inode: this, at, bytes: kept })
  }

  resize(size: number): void {
    this.content.resize(size)
    this.#changes.push({ size })
    this.#journal.onStep?.({ kind: 'resize', inode: this, size })
  }

  /** Everything changed so far, as a number to flush up to. */
  get mark(): number {
    return this.#flushed + this.#changes.length
  }

  flushUpTo(mark: number): void {
    const count = mark - this.#flushed
    if (count <= 0) return
    for (const change of this.#changes.splice(0, count)) apply(this.#onDevice, change)
    this.#flushed = mark
    this.#journal.onStep?.({ kind: 'flush', inode: this, changes: count })
  }

  /**
   * A flush failed, and the system forgets the bytes it could not write: they are read as written, and no later flush brings them to the device.
   * Sizes are no such bytes: file systems keep them in a journal, and stop altogether where that cannot be written.
   */
  dropUpTo(mark: number): void {
    const count = mark - this.#flushed
    if (count <= 0) return
    const sizes = this.#changes.splice(0, count).filter((change) => 'size' in change)
    this.#changes.unshift(...sizes)
    this.#flushed = mark - sizes.length
  }

  get bytes(): Buffer {
    return Buffer.concat(this.content.read(0, this.content.size))
  }

  /** What was flushed of it. */
  get bytesOnDevice(): Buffer {
    return Buffer.concat(this.#onDevice.read(0, this.#onDevice.size))
  }

  /** Turns one bit of the content and of what is on the device over. */
  flip(at: number, bit: number): void {
    for (const image of [this.content, this.#onDevice]) {
      const [view] = image.read(at, 1)
      if (view) view[0]! ^= 1 << bit
    }
  }

  /**
   * What is found when the power is back: all that was flushed; of the rest the changes up to one of them, which may be torn, or (the device
   * writes in its own order) any of them. The size may be known to the device before the bytes are: zeros then stand for them.
   */
  afterPowerCut(random: SeededRandom, saw: Saw = () => {}): SimInode {
    if (this.#changes.length > 0) saw('a power cut found unflushed bytes')
    const image = this.#onDevice
    const isScattered = random.chance(0.2) && this.#changes.every((change) => 'bytes' in change)
    if (isScattered) for (const change of this.#changes) if (random.chance(0.5)) apply(image, change)
    if (isScattered && this.#changes.length > 1) saw('a power cut kept unflushed writes out of order')
    if (!isScattered) this.#keepSome(image, random, saw)
    if (random.chance(0.3) && this.content.size > image.size) {
      saw('a power cut left zeros at the end of a file')
      image.resize(this.content.size)
    }
    const found = new SimInode(this.#journal)
    for (const sink of [found.content, found.#onDevice]) {
      let at = 0
      for (const view of image.read(0, image.size)) {
        sink.write(at, view)
        at += view.length
      }
    }
    return found
  }

  #keepSome(image: ChunkList, random: SeededRandom, saw: Saw): void {
    const count = this.#changes.length
    const kept = random.chance(0.3) ? 0 : random.chance(0.3) ? count : random.below(count + 1)
    for (const change of this.#changes.slice(0, kept)) apply(image, change)
    const torn = this.#changes[kept]
    if (torn && 'bytes' in torn && random.chance(0.8)) {
      saw('a power cut tore a write')
      apply(image, { at: torn.at, bytes: torn.bytes.subarray(0, random.below(torn.bytes.length + 1)) })
    }
  }
}

function apply(image: ChunkList, change: Change): void {
  if ('size' in change) image.resize(change.size)
  else if (change.bytes.length > 0) image.write(change.at, change.bytes)
}

/** A name and what it stands for now; null: nothing. */
export type Naming = readonly [name: string, node: Inode | null]

export class SimDirectory {
  readonly entries = new Map<string, Inode>()
  #durable = new Map<string, Inode>()
  /** What changed since the last flush, step by step. */
  #steps: (readonly Naming[])[] = []
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** What was flushed of them. */
  get durable(): ReadonlyMap<string, Inode> {
    return this.#durable
  }

  /** One step: all of the names change, or none of them. */
  name(...namings: readonly Naming[]): void {
    put(this.entries, namings)
    this.#steps.push(namings)
    this.#journal.onStep?.({ kind: 'name', directory: this, namings })
  }

  flush(): void {
    this.#durable = new Map(this.entries)
    this.#steps = []
    this.#journal.onStep?.({ kind: 'flush names', directory: this })
  }

  /** Unflushed steps stay up to one of them, as a journal keeps them. */
  afterPowerCut(random: SeededRandom, saw: Saw = () => {}): SimDirectory {
    const kept = new Map(this.#durable)
    const count = random.chance(0.4) ? 0 : random.below(this.#steps.length + 1)
    if (count < this.#steps.length) saw('a power cut took names of files')
    for (const step of this.#steps.slice(0, count)) put(kept, step)
    const found = new SimDirectory(this.#journal)
    for (const [name, node] of [...kept].sort(([a], [b]) => (a < b ? -1 : 1)))
      found.entries.set(name, node.afterPowerCut(random, saw))
    found.#durable = new Map(found.entries)
    return found
  }
}

function put(entries: Map<string, Inode>, namings: readonly Naming[]): void {
  for (const [name, node] of namings) {
    if (node === null) entries.delete(name)
    else entries.set(name, node)
  }
}
