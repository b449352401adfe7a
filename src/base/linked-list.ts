// Members that come and go all the time, in the order in which they came. A Set does the same, but not for long-lived collections on a hot
// path: V8 links the table of a Set that it replaces to the new one. Once one such table has become old, every later one, and whatever its
// members hold on to, is kept until the next full collection of garbage, and copied twice on its way there.

/** A place in a list. It points nowhere once it was left. */
export class Link<T> {
  readonly value: T
  #list: LinkedList<T> | null
  /** For LinkedList alone, as is `next`. */
  previous: Link<T> | null
  next: Link<T> | null = null

  /** Only LinkedList makes them. */
  constructor(value: T, list: LinkedList<T>, previous: Link<T> | null) {
    this.value = value
    this.#list = list
    this.previous = previous
  }

  get isIn(): boolean {
    return this.#list !== null
  }

  /** Leaves the list; false where it was left before. O(1). */
  remove(): boolean {
    if (this.#list === null) return false
    this.#list.unlink(this)
    this.#list = null
    this.previous = null
    this.next = null
    return true
  }
}

export class LinkedList<T> {
  #first: Link<T> | null = null
  #last: Link<T> | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Puts `value` at the end; O(1). The link is how it leaves again. */
  add(value: T): Link<T> {
    const link = new Link(value, this, this.#last)
    if (this.#last) this.#last.next = link
    else this.#first = link
    this.#last = link
    this.#size++
    return link
  }

  /** For Link alone. */
  unlink({ previous, next }: Link<T>): void {
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
    this.#size--
  }

  /** Calls `run` with those that are members now, except for those that leave meanwhile. */
  visit(run: (value: T) => void): void {
    if (this.#first === null) return
    const links: Link<T>[] = []
    for (let link: Link<T> | null = this.#first; link; link = link.next) links.push(link)
    for (const link of links) if (link.isIn) run(link.value)
  }

  /** The oldest first. The member at hand may leave meanwhile; for everything else see `visit`. */
  *[Symbol.iterator](): Generator<T> {
    for (let link = this.#first; link; ) {
      const next: Link<T> | null = link.next
      yield link.value
      link = next
    }
  }
}
