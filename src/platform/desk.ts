// Where somebody sits, or a pipe begins and ends: what a command reads, and how it may show what it does.

export interface Desk {
  /** Somebody looks at the output; otherwise it is a pipe or a file. */
  readonly isWatched: boolean
  readonly hasColors: boolean
  /** How wide a line may be where somebody looks. */
  readonly columns: number
  /** Somebody types; otherwise the input is a pipe or a file. */
  readonly isTyped: boolean
  /** The input, in pieces as they come. It ends, too, when `signal` aborts: nothing more is read then. */
  input(signal: AbortSignal): AsyncIterable<Uint8Array>
  /** How many bytes the input has; null where nobody knows it yet, because it is typed or comes through a pipe. */
  readonly inputBytes: number | null
  /** A line that takes the place of the one before it, beside the output; an empty one takes it away. Not shown where nobody looks. */
  status(line: string): void
  /** What is printed and not taken yet is waited for, until nobody reads any more; undefined where there is room. */
  room(): Promise<void> | undefined
  /** Local time, to the millisecond: 2026-11-22 10:00:00.000 */
  timeText(ms: number): string
  /** Milliseconds since 1970 of a time in ISO 8601, local where it names no zone; null where it is none. */
  timeFrom(text: string): number | null
  /** Runs `run` when nobody takes the output any more: whoever read it has enough (null), or it cannot be written. */
  onDeserted(run: (why: Error | null) => void): void
}
