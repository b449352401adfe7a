// The same question for each of many things: what becomes of one does not touch the others.

import { clientErrorOf } from './link.ts'
import { Outcomes } from './outcomes.ts'

/** So many are asked for at once: what waits in line on a connection waits for its answer already. */
const AT_ONCE = 100

/** What `run` gives or throws for each key, many at once; a number stands as text. */
export async function outcomesOfEach<K extends string | number, V>(
  keys: readonly K[],
  run: (key: K) => Promise<V>,
): Promise<Outcomes<V>> {
  const outcomes = new Outcomes<V>()
  const left = keys.values()
  const askOneByOne = async () => {
    for (const key of left) {
      try {
        outcomes.succeeded(String(key), await run(key))
      } catch (thrown) {
        outcomes.failed(String(key), clientErrorOf(thrown))
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, keys.length) }, askOneByOne))
  return outcomes
}
