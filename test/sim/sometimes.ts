// What has to happen in some runs, or they are too tame to say anything.

export const SOMETIMES = [
  'the broker was killed between an append and its flush',
  'a power cut right after an answer',
  'a kill right after an answer',
  'a power cut found unflushed bytes',
  'a power cut tore a write',
  'a power cut left zeros at the end of a file',
  'a power cut kept unflushed writes out of order',
  'a power cut took names of files',
  'a failed flush lost bytes that are read as written',
  'the disk failed a read',
  'the disk failed a flush',
  'the disk failed a grow',
  'a torn log was cut',
  'the broker gave up, and was started again',
  'a batch was sent again',
  'a duplicate was answered',
  'a gap in the sequences was refused',
  'a commit met a rebalance',
  'a member came too late and was unknown',
  'a commit of an old generation was refused',
  'a partition changed its owner',
  'a topic was made again under its name',
  'records were deleted by request',
  'a segment went by retention',
  'a log was compacted',
  'a tombstone was read',
  'a bit was turned over',
  'a damaged batch was met',
  'a configuration was changed',
  'a compressed batch was acknowledged',
  'the wall clock went back',
] as const

/** The same for clusters. */
export const CLUSTER_SOMETIMES = [
  'the broker was killed between an append and its flush',
  'a power cut right after an answer',
  'a kill right after an answer',
  'a power cut found unflushed bytes',
  'a power cut tore a write',
  'a power cut took names of files',
  'the disk failed a read',
  'the disk failed a flush',
  'a torn log was cut',
  'the broker gave up, and was started again',
  'a batch was sent again',
  'a duplicate was answered',
  'a member came too late and was unknown',
  'a partition changed its owner',
  'a topic was made again under its name',
  'a bit was turned over',
  'a configuration was changed',
  'the wall clock went back',
  'replicas were to move',
  'a move was cancelled',
  'preferred leaders were elected',
  'partitions were added',
  'min.insync.replicas was changed',
  'a follower cut what its leader did not have',
  'a damaged replica was made again',
  'damage was met at the end',
  'a metadata log was cut to follow its leader',
  'a metadata log went on behind a snapshot',
  'another controller was elected',
  'a new controller was cut off at once',
  'a broker was removed',
  'a broker was added',
  'too few replicas were in sync',
  'a stale leader was known by its epoch',
  'what a leader asked for came late',
  'a program was killed',
  'a program stood still',
  "a program's clock jumped",
  'a record was not delivered in time',
  'a reading program was told of trouble',
  'a handler threw',
  'a handler took too long',
] as const

export type Sometimes = (typeof SOMETIMES)[number] | (typeof CLUSTER_SOMETIMES)[number]

/** What runs of one kind are made for. */
export interface Rare {
  readonly all: readonly Sometimes[]
  /** Too seldom to be missed in a few hundred. */
  readonly seldom: readonly Sometimes[]
}

export const RARE: Rare = { all: SOMETIMES, seldom: ['a power cut kept unflushed writes out of order'] }
export const CLUSTER_RARE: Rare = { all: CLUSTER_SOMETIMES, seldom: ['damage was met at the end'] }

/** From so many runs on each of them has to have happened. */
export const ENOUGH_SEEDS = 200

/** What should have happened in so many runs, and did not. */
export function missing({ all, seldom }: Rare, seen: ReadonlyMap<string, number>, seeds: number): Sometimes[] {
  return seeds < ENOUGH_SEEDS ? [] : all.filter((what) => !seen.has(what) && !seldom.includes(what))
}

/** In how many of `seeds` runs each of them happened; one that never did is told as such when there were enough runs. */
export function sometimesTable({ all }: Rare, seen: ReadonlyMap<string, number>, seeds: number): string[] {
  const known: readonly string[] = all
  const others = [...seen.keys()].filter((what) => !known.includes(what)).sort()
  const lines = [...known, ...others].map((what) => `${String(seen.get(what) ?? 0).padStart(6)} of ${seeds} seeds: ${what}`)
  const never = known.filter((what) => !seen.has(what))
  return never.length === 0 ? lines : [...lines, `NEVER: ${never.join('; ')}`]
}
