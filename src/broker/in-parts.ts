// Long lists for the controller in parts: each is a command of its own, so that none of them holds up the event loop. For lists of which each
// item is decided by itself, so that nobody can tell.

import type { KafkaError } from '../protocol/errors.ts'
import type { RequestContext } from './handler.ts'

/** So many items are one command... */
const PART_SIZE = 200
/** ...and so many configurations of them. */
const PART_CONFIGS = 2000

export interface Asking<T, A> {
  /** What names the same thing stays together, as the controller refuses what comes twice. */
  keyOf(item: T): string
  ask(part: readonly T[]): Promise<readonly A[]>
  /** The answer for an item of a part that failed as a whole: what other parts changed stays changed. */
  failed(item: T, error: KafkaError): A
  /** The answer for what is named a third time and on, where each time is answered; the controller is asked for two. */
  repeated?(item: T): A
}

/** Asks part by part where there are many; a few are asked for at once, and throw what `ask` throws. */
export async function inParts<T, A>(
  items: readonly T[],
  context: Pick<RequestContext, 'slices' | 'answerFor'>,
  asking: Asking<T, A>,
): Promise<readonly A[]> {
  const { keyOf, ask, failed, repeated } = asking
  const { slices } = context
  if (items.length <= PART_SIZE && configsOf(items) <= PART_CONFIGS) return ask(items)
  const byKey = new Map<string, T[]>()
  const answers: A[] = []
  await slices.each(items, (item) => {
    const key = keyOf(item)
    const same = byKey.get(key)
    if (!same) byKey.set(key, [item])
    else if (same.length === 1) same.push(item)
    else if (repeated) answers.push(repeated(item))
  })
  const parts: T[][] = []
  let configs = 0
  await slices.each([...byKey.values()], (same) => {
    const part = parts.at(-1)
    const more = configsOf(same)
    const fits = part && part.length + same.length <= PART_SIZE && configs + more <= PART_CONFIGS
    if (fits) part.push(...same)
    else parts.push(same)
    configs = fits ? configs + more : more
  })
  for (const part of parts) {
    while (slices.isOver) await slices.turn()
    for (const answer of await askFor(part)) answers.push(answer)
  }
  return answers

  async function askFor(part: readonly T[]): Promise<readonly A[]> {
    try {
      return await ask(part)
    } catch (thrown) {
      const error = context.answerFor(thrown)
      return part.map((item) => failed(item, error))
    }
  }
}

/** Not every list has any. */
function configsOf(items: readonly unknown[]): number {
  let count = 0
  for (const { configs } of items as readonly { configs?: readonly unknown[] }[]) count += configs?.length ?? 0
  return count
}
