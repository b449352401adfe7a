// The segments of a log in the order of their offsets. The last one takes appends.

import { assert } from '../base/assert.ts'
import type { Segment } from './segment.ts'

/** Invariant: never empty once the log is loaded; base offsets grow. A list that was given out never changes. */
export class Segments {
  #list: Segment[] = []
  /** Of all but the active one: they do not grow. */
  #closedBytes = 0

  get all(): readonly Segment[] {
    return this.#list
  }

  get first(): Segment {
    return this.#list[0]!
  }

  get active(): Segment {
    return this.#list.at(-1)!
  }

  get closed(): readonly Segment[] {
    return this.#list.slice(0, -1)
  }

  /** Asked for by every fetch, so it must not cost more where there are more segments. */
  get sizeInBytes(): number {
    return this.#closedBytes + this.active.sizeInBytes
  }

  add(segment: Segment): void {
    const { active } = this
    assert(!active || active.baseOffset < segment.baseOffset, `segment ${segment.baseOffset} after ${active?.baseOffset}`)
    this.#become([...this.#list, segment])
  }

  /** Where the segment that would hold `offset` stands: the last that does not begin behind it; the first where all do. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#list[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  from(offset: number): readonly Segment[] {
    return this.#list.slice(this.indexOf(offset))
  }

  /** The offset that follows everything in the segment and is before the next one. */
  endOf(index: number, endOffset: number): number {
    return this.#list[index + 1]?.baseOffset ?? endOffset
  }

  remove(gone: readonly Segment[]): void {
    this.#become(this.#list.filter((segment) => !gone.includes(segment)))
  }

  /** Puts `fresh` in the place of `gone`, which stand side by side. */
  replace(gone: readonly Segment[], fresh: readonly Segment[]): void {
    const at = this.#list.indexOf(gone[0]!)
    assert(
      at >= 0 && gone.every((segment, i) => this.#list[at + i] === segment),
      'the segments to be replaced stand side by side',
    )
    this.#become([...this.#list.slice(0, at), ...fresh, ...this.#list.slice(at + gone.length)])
  }

  #become(list: Segment[]): void {
    this.#list = list
    this.#closedBytes = 0
    for (let i = 0; i < list.length - 1; i++) this.#closedBytes += list[i]!.sizeInBytes
  }
}
