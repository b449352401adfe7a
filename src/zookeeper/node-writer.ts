// Makes nodes as they should be, under the controller's fence. What is there already is read first; what fits is left alone.

import { isUnanswered, isZooKeeperError } from './errors.ts'
import type { Fence } from './fence.ts'
import { NO_CONFIG_TEXT, saysTheSame, type Wanted } from './kafka-nodes.ts'
import { bytesOf, lookOr, textOf } from './layout.ts'
import { type Change, create, getChildren, getData, remove, setData } from './operations.ts'
import type { Session } from './session.ts'

/** One multi carries this much at most. */
const MAX_CHANGES = 100
const MAX_BYTES = 256 * 1024
/** Questions under way at once. */
const AT_ONCE = 64
/** How often something may come in between before one gives up for now. */
const ATTEMPTS = 5

/** Text by path; null for a node without data. */
export type Found = ReadonlyMap<string, string | null>

/** Makes the nodes of one subject what `wanted` says, parents first; nodes of it that are not wanted go, children first. Throws Fenced, and what the ensemble refuses. */
export async function settle(fence: Fence, wanted: readonly Wanted[], find: (session: Session) => Promise<Found>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const found = await find(fence.session)
    try {
      for (const changes of inPortions(changesFor(wanted, found))) await fence.write(...changes)
      return
    } catch (thrown) {
      // Somebody else wrote there, or nobody knows what of it has happened: what is there now says.
      const isMoved = isZooKeeperError(thrown, 'NodeExists', 'NoNode', 'NotEmpty', 'BadVersion') || isUnanswered(thrown)
      if (!isMoved || attempt === ATTEMPTS) throw thrown
    }
  }
}

/** What has to be done; each change with the bytes that it carries. */
export function changesFor(wanted: readonly Wanted[], found: Found): { change: Change<unknown>; sizeInBytes: number }[] {
  const changes: { change: Change<unknown>; sizeInBytes: number }[] = []
  const paths = new Set(wanted.map(({ path }) => path))
  const unwanted = [...found.keys()].filter((path) => !paths.has(path)).sort(childrenFirst)
  for (const path of unwanted) changes.push({ change: remove(path), sizeInBytes: path.length })
  for (const { path, text } of wanted) {
    const sizeInBytes = path.length + (text?.length ?? 0)
    const is = found.get(path)
    if (is === undefined) changes.push({ change: create(path, text === null ? null : bytesOf(text)), sizeInBytes })
    else if (text !== null && !saysTheSame(path, is, text)) changes.push({ change: setData(path, bytesOf(text)), sizeInBytes })
    else if (text === null && is !== null && is !== '' && is !== NO_CONFIG_TEXT)
      changes.push({ change: setData(path, bytesOf(NO_CONFIG_TEXT)), sizeInBytes })
  }
  return changes
}

/** A topic's states go before its partitions, and its configuration last, as when Kafka deletes it. */
function childrenFirst(a: string, b: string): number {
  const depth = (path: string) => path.split('/').length
  return depth(b) - depth(a) || (a < b ? -1 : 1)
}

function* inPortions(changes: readonly { change: Change<unknown>; sizeInBytes: number }[]): Generator<Change<unknown>[]> {
  let some: Change<unknown>[] = []
  let size = 0
  for (const { change, sizeInBytes } of changes) {
    if (some.length === MAX_CHANGES || (some.length > 0 && size + sizeInBytes > MAX_BYTES)) {
      yield some
      some = []
      size = 0
    }
    some.push(change)
    size += sizeInBytes
  }
  if (some.length > 0) yield some
}

/** What these nodes hold, of those that are there. */
export async function findNodes(session: Session, paths: readonly string[]): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>()
  await inParallel(paths, async (path) => {
    const node = await lookOr(session, getData(path))
    if (node) found.set(path, node.data.length === 0 ? null : textOf(node.data))
  })
  return found
}

/** All nodes of a topic, its configuration too. */
export async function findTopic(session: Session, name: string): Promise<Found> {
  const root = `/brokers/topics/${name}`
  const partitions = (await lookOr(session, getChildren(`${root}/partitions`)))?.names ?? []
  const below = partitions.flatMap((partition) => [`${root}/partitions/${partition}`, `${root}/partitions/${partition}/state`])
  return findNodes(session, [`/config/topics/${name}`, root, `${root}/partitions`, ...below])
}

/** Names of the children; none where the node is missing. */
export async function namesBelow(session: Session, path: string): Promise<string[]> {
  return (await lookOr(session, getChildren(path)))?.names.sort() ?? []
}

/** A few at a time, each item once; rejects with the first failure, when all under way have ended. */
export async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const failures: unknown[] = []
  const walk = async () => {
    while (next < items.length && failures.length === 0) {
      try {
        await act(items[next++]!)
      } catch (thrown) {
        failures.push(thrown)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, walk))
  if (failures.length > 0) throw failures[0]
}
