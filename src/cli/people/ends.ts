// Where partitions begin and end.

import type { Admin } from '../../client/admin/admin.ts'
import type { TopicDescription } from '../../client/admin/topic-descriptions.ts'

/** Offsets of the first record that is there, and behind the last. */
export interface Ends {
  readonly begin: number
  readonly end: number
}

/** By partition. Those without a leader are missing: whoever asked would wait for one. */
export async function endsOf(admin: Admin, topics: readonly TopicDescription[]): Promise<ReadonlyMap<string, Ends>> {
  const led = topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ leader }) => leader !== null).map(({ partition }) => ({ topic: name, partition })),
  )
  const at = async (place: 'earliest' | 'latest') => (await admin.listOffsets(led.map((each) => ({ ...each, at: place })))).values
  const [begins, ends] = await Promise.all([at('earliest'), at('latest')])
  const found = new Map<string, Ends>()
  for (const [key, { offset }] of begins) {
    const end = ends.get(key)
    if (end) found.set(key, { begin: offset, end: end.offset })
  }
  return found
}
