// What one life of a broker did to its disk, step by step, and between the steps what its clients asked and were told.

import { type Inode, type Naming, SimDirectory, type SimInode } from '../../src/platform/sim/inode.ts'
import type { DeviceStep } from '../../src/platform/sim/journal.ts'
import type { Machine } from '../../src/platform/sim/world.ts'
import type { ClientEvent } from './ledger.ts'

export type NodeRef = { readonly file: number } | { readonly directory: number }

/** A step of the device, with numbers for files and directories. Files begin empty, directories without a name in them. */
export type DiskStep =
  | { readonly kind: 'write'; readonly file: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly file: number; readonly size: number }
  | { readonly kind: 'flush'; readonly file: number; readonly changes: number }
  | { readonly kind: 'name'; readonly directory: number; readonly namings: readonly (readonly [string, NodeRef | null])[] }
  | { readonly kind: 'flush names'; readonly directory: number }
  | { readonly kind: 'root'; readonly root: Tree }

/** What a device found when its power came back, all of it flushed. */
export type Tree =
  | { readonly directory: number; readonly entries: readonly (readonly [string, Tree])[] }
  | { readonly file: number; readonly bytes: Uint8Array }

interface Recorded<T> {
  /** Milliseconds of the recorded world. */
  readonly at: number
  readonly what: T
}

export class Recording {
  readonly steps: Recorded<DiskStep & { readonly text: string }>[] = []
  /** `before`: how many steps were done when it happened. */
  readonly events: Recorded<ClientEvent & { readonly before: number }>[] = []
  readonly #now: () => number
  readonly #numbers = new Map<Inode, number>()
  readonly #places = new Map<Inode, { readonly parent: SimDirectory; readonly name: string }>()

  /** Listens to the machine's device from here on; it must be empty. */
  constructor(machine: Machine) {
    this.#now = () => machine.world.events.now
    machine.device.journal.onStep = (step) => this.#hear(step)
  }

  tell(event: ClientEvent): void {
    this.events.push({ at: this.#now(), what: { ...event, before: this.steps.length } })
  }

  #hear(step: DeviceStep): void {
    const what = this.#numbered(step)
    this.steps.push({ at: this.#now(), what: { ...what, text: this.#textOf(step) } })
  }

  #numbered(step: DeviceStep): DiskStep {
    switch (step.kind) {
      case 'write':
        return { kind: 'write', file: this.#number(step.inode), at: step.at, bytes: step.bytes }
      case 'resize':
        return { kind: 'resize', file: this.#number(step.inode), size: step.size }
      case 'flush':
        return { kind: 'flush', file: this.#number(step.inode), changes: step.changes }
      case 'flush names':
        return { kind: 'flush names', directory: this.#number(step.directory) }
      case 'name':
        return {
          kind: 'name',
          directory: this.#number(step.directory),
          namings: step.namings.map((naming) => this.#naming(step.directory, naming)),
        }
      case 'root':
        return { kind: 'root', root: this.#tree(step.root) }
    }
  }

  #naming(parent: SimDirectory, [name, node]: Naming): readonly [string, NodeRef | null] {
    if (node === null) return [name, null]
    this.#places.set(node, { parent, name })
    const number = this.#number(node)
    return [name, node instanceof SimDirectory ? { directory: number } : { file: number }]
  }

  #tree(node: Inode): Tree {
    const number = this.#number(node)
    if (!(node instanceof SimDirectory)) return { file: number, bytes: Uint8Array.from(node.bytes) }
    const entries = [...node.entries].map(([name, child]) => {
      this.#places.set(child, { parent: node, name })
      return [name, this.#tree(child)] as const
    })
    return { directory: number, entries }
  }

  #number(node: Inode): number {
    let number = this.#numbers.get(node)
    if (number === undefined) this.#numbers.set(node, (number = this.#numbers.size + 1))
    return number
  }

  #pathOf(node: SimDirectory | SimInode): string {
    const place = this.#places.get(node)
    return place ? `${this.#pathOf(place.parent).replace(/^\/$/, '')}/${place.name}` : '/'
  }

  #textOf(step: DeviceStep): string {
    switch (step.kind) {
      case 'write':
        return `write ${this.#pathOf(step.inode)} ${step.bytes.length} bytes at ${step.at}`
      case 'resize':
        return `resize ${this.#pathOf(step.inode)} to ${step.size}`
      case 'flush':
        return `flush ${this.#pathOf(step.inode)} (${step.changes} changes)`
      case 'flush names':
        return `flush the names in ${this.#pathOf(step.directory)}`
      case 'name':
        return `in ${this.#pathOf(step.directory)}: ${step.namings.map(([name, node]) => (node ? `make ${name}` : `take away ${name}`)).join(', ')}`
      case 'root':
        return 'the power was cut'
    }
  }
}
