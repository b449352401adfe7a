// Where somebody sits, or a pipe begins and ends: what a command reads, and how it may show what it does.

export interface Desk {
  /** Somebody looks at the output; otherwise it is a pipe or a file. */
  readonly isWatched: boolean
  readonly hasColors: boolean
  /** How wide a line may be where somebody looks. */
  readonly columns: number
  /** Somebody types; otherwise the input is a pipe or a file. */
  readonly isTyped: boolean
  /** The input, line by line. */
  lines(): AsyncIterable<string>
  /** A line that takes the place of the one before it, beside the output; an empty one takes it away. Not shown where nobody looks. */
  status(line: string): void
  /** What is printed and not taken yet is waited for; undefined where there is room. */
  room(): Promise<void> | undefined
  /** Local time, to the millisecond: 2026-11-22 10:00:00.000 */
  timeText(ms: number): string
  /** Milliseconds since 1970 of a time in ISO 8601, local where it names no zone; null where it is none. */
  timeFrom(text: string): number | null
  /** Runs `run` when nobody reads the output any more. */
  onDeserted(run: () => void): void
}
