// Long lists for the controller in parts: each is a command of its own, so that none of them holds up the event loop. For lists of which each
// item is decided by itself, so that nobody can tell.

import type { KafkaError } from '../protocol/errors.ts'
import type { RequestContext } from './handler.ts'

/** So many items are one command. */
const PART_SIZE = 200

export interface Asking<T, A> {
  /** What names the same thing stays together, as the controller refuses what comes twice; what comes more often is asked for twice. */
  keyOf(item: T): string
  ask(part: readonly T[]): Promise<readonly A[]>
  /** The answer for an item of a part that failed as a whole: what other parts changed stays changed. */
  failed(item: T, error: KafkaError): A
}

/** Asks part by part where there are many; a few are asked for at once, and throw what `ask` throws. */
export async function inParts<T, A>(
  items: readonly T[],
  context: Pick<RequestContext, 'slices' | 'answerFor'>,
  { keyOf, ask, failed }: Asking<T, A>,
): Promise<readonly A[]> {
  const { slices } = context
  if (items.length <= PART_SIZE) return ask(items)
  const byKey = new Map<string, T[]>()
  await slices.each(items, (item) => {
    const key = keyOf(item)
    const same = byKey.get(key)
    if (!same) byKey.set(key, [item])
    else if (same.length === 1) same.push(item)
  })
  const parts: T[][] = []
  await slices.each([...byKey.values()], (same) => {
    const part = parts.at(-1)
    if (part && part.length + same.length <= PART_SIZE) part.push(...same)
    else parts.push(same)
  })
  const answers: A[] = []
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
