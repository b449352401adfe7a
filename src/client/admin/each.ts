// The same question for each of many things: what becomes of one does not touch the others.

import { clientErrorOf } from './link.ts'
import { Outcomes } from './outcomes.ts'

/** What `run` gives or throws for each key, all at once; a number stands as text. */
export async function outcomesOfEach<K extends string | number, V>(
  keys: readonly K[],
  run: (key: K) => Promise<V>,
): Promise<Outcomes<V>> {
  const outcomes = new Outcomes<V>()
  await Promise.all(
    keys.map(async (key) => {
      try {
        outcomes.succeeded(String(key), await run(key))
      } catch (thrown) {
        outcomes.failed(String(key), clientErrorOf(thrown))
      }
    }),
  )
  return outcomes
}
