// A device after some of the recorded steps: what is sure to stay when the power goes, and what was changed since.

import type { DiskStep, NodeRef, Tree } from './recording.ts'

export type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number }
export type Names = ReadonlyMap<string, NodeRef>

export class FileModel {
  readonly number: number
  /** Flushed. */
  durable: Uint8Array
  /** How often what is flushed changed. */
  generation = 0
  /** Not flushed, oldest first. */
  readonly changes: Change[] = []
  /** What processes see after so many of the changes, where somebody asked. */
  #contents: Uint8Array[] = []

  constructor(number: number, durable: Uint8Array = new Uint8Array(0)) {
    this.number = number
    this.durable = durable
  }

  /** What processes saw after the first `count` of the changes. */
  contentAfter(count: number): Uint8Array {
    if (this.#contents.length === 0) this.#contents.push(this.durable)
    while (this.#contents.length <= count) {
      this.#contents.push(changed(this.#contents.at(-1)!, this.changes[this.#contents.length - 1]!))
    }
    return this.#contents[count]!
  }

  flush(count: number): void {
    this.durable = this.contentAfter(count)
    this.changes.splice(0, count)
    this.#contents = []
    this.generation++
  }
}

export class DirectoryModel {
  readonly number: number
  /** Flushed. */
  durable: Names = new Map()
  /** Not flushed, oldest first. */
  steps: (readonly (readonly [string, NodeRef | null])[])[] = []

  constructor(number: number) {
    this.number = number
  }

  /** The names after the first `count` of the steps. */
  namesAfter(count: number): Names {
    const names = new Map(this.durable)
    for (const step of this.steps.slice(0, count))
      for (const [name, node] of step) {
        if (node) names.set(name, node)
        else names.delete(name)
      }
    return names
  }

  flush(): void {
    this.durable = this.namesAfter(this.steps.length)
    this.steps = []
  }
}

export class DeviceModel {
  readonly #files = new Map<number, FileModel>()
  readonly #directories = new Map<number, DirectoryModel>()
  root: number | null = null
  /** The file that the last step changed, while that is not flushed. */
  lastChanged: FileModel | null = null

  apply(step: DiskStep): void {
    switch (step.kind) {
      case 'write':
      case 'resize':
        this.lastChanged = this.file(step.file)
        this.lastChanged.changes.push(step)
        return
      case 'flush':
        return this.file(step.file).flush(step.changes)
      case 'name':
        // The first that is ever told is about the root.
        this.root ??= step.directory
        this.directory(step.directory).steps.push(step.namings)
        return
      case 'flush names':
        return this.directory(step.directory).flush()
      case 'root':
        this.#mount(step.root)
    }
  }

  #mount(tree: Tree): void {
    this.#files.clear()
    this.#directories.clear()
    this.lastChanged = null
    const ref = this.#load(tree)
    if ('directory' in ref) this.root = ref.directory
  }

  #load(tree: Tree): NodeRef {
    if ('bytes' in tree) {
      this.#files.set(tree.file, new FileModel(tree.file, tree.bytes))
      return { file: tree.file }
    }
    this.directory(tree.directory).durable = new Map(tree.entries.map(([name, child]) => [name, this.#load(child)]))
    return { directory: tree.directory }
  }

  file(number: number): FileModel {
    let found = this.#files.get(number)
    if (!found) this.#files.set(number, (found = new FileModel(number)))
    return found
  }

  directory(number: number): DirectoryModel {
    let found = this.#directories.get(number)
    if (!found) this.#directories.set(number, (found = new DirectoryModel(number)))
    return found
  }

  /** Files and directories that can be there after a power cut, and of which something is not flushed. Oldest first. */
  get pending(): { files: FileModel[]; directories: DirectoryModel[] } {
    const files = new Set<FileModel>()
    const directories = new Set<DirectoryModel>()
    const visit = (ref: NodeRef) => {
      if ('file' in ref) return void files.add(this.file(ref.file))
      const directory = this.directory(ref.directory)
      if (directories.has(directory)) return
      directories.add(directory)
      for (const child of directory.durable.values()) visit(child)
      for (const step of directory.steps) for (const [, child] of step) if (child) visit(child)
    }
    if (this.root !== null) visit({ directory: this.root })
    const byNumber = (a: { number: number }, b: { number: number }) => a.number - b.number
    return {
      files: [...files].filter(({ changes }) => changes.length > 0).sort(byNumber),
      directories: [...directories].filter(({ steps }) => steps.length > 0).sort(byNumber),
    }
  }
}

function changed(before: Uint8Array, change: Change): Uint8Array {
  const size =
    'size' in change ? change.size : Math.max(before.length, change.bytes.length === 0 ? 0 : change.at + change.bytes.length)
  const after = new Uint8Array(size)
  after.set(before.subarray(0, size))
  if ('bytes' in change && change.bytes.length > 0) after.set(change.bytes, change.at)
  return after
}
