// Lines of commands that print very many of them: they leave in large pieces.

import type { Surroundings } from './command.ts'

const PIECE = 64 * 1024

/** Somebody has closed the other end of the output: there is no sense in going on. */
export class NobodyReads extends Error {
  override readonly name = 'NobodyReads'
}

export class LineWriter {
  readonly #around: Surroundings
  #lines: string[] = []
  #size = 0

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** To be followed by `settle` now and then. */
  line(text: string): void {
    this.#lines.push(text)
    this.#size += text.length + 1
  }

  /** Writes what has come together, if it is enough. Throws NobodyReads. */
  async settle(): Promise<void> {
    if (this.#size >= PIECE) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    this.#size = 0
    if (!(await this.#around.write(Buffer.from(text)))) throw new NobodyReads()
  }
}
