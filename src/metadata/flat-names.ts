// Topic names that differ only in "." and "_" become one name in metrics. This index finds them without looking at every topic.

export class FlatNames {
  readonly #names = new Map<string, string[]>()

  add(name: string): void {
    if (!isAmbiguous(name)) return
    const flat = flatten(name)
    this.#names.set(flat, [...(this.#names.get(flat) ?? []), name])
  }

  remove(name: string): void {
    if (!isAmbiguous(name)) return
    const flat = flatten(name)
    const left = (this.#names.get(flat) ?? []).filter((other) => other !== name)
    if (left.length > 0) this.#names.set(flat, left)
    else this.#names.delete(flat)
  }

  /** A name other than `name` that metrics cannot tell from it. */
  like(name: string): string | undefined {
    return isAmbiguous(name) ? this.#names.get(flatten(name))?.find((other) => other !== name) : undefined
  }
}

function isAmbiguous(name: string): boolean {
  return name.includes('.') || name.includes('_')
}

function flatten(name: string): string {
  return name.replaceAll('.', '_')
}
