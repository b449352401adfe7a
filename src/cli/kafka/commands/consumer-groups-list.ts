// kafka-consumer-groups --list: names, and states and types where they are asked for.

import { row, widthOf } from '../columns.ts'
import { UsageFailure } from '../failure.ts'
import { consumerGroupsOf, type GroupTask } from './consumer-groups.ts'

const states = ['Reconciling', 'Dead', 'CompletingRebalance', 'Empty', 'Stable', 'Assigning', 'PreparingRebalance'] as const
const types = ['Consumer', 'Classic'] as const

export async function listGroups({ found, admin, around, timeoutMs }: GroupTask): Promise<void> {
  const withState = found.has('state')
  const withType = found.has('type')
  const wantedTypes = among(
    types,
    found.text('type') ?? '',
    (typed) => `Invalid types list '${typed}'. Valid types are: Consumer, Classic`,
  )
  const wantedStates = among(
    states,
    found.text('state') ?? '',
    (typed) => `Invalid state list '${typed}'. Valid states are: ${states.join(', ')}`,
  )
  const groups = await consumerGroupsOf(admin, timeoutMs, { states: wantedStates, types: wantedTypes })
  if (!withState && !withType) {
    for (const { groupId } of groups) around.print(groupId)
    return
  }
  const widths = [
    widthOf(
      15,
      groups.map(({ groupId }) => groupId),
    ) + 10,
    20,
    20,
  ]
  const chosen = (name: string, type: string, state: string) =>
    row(widths, [name, ...(withType ? [type] : []), ...(withState ? [state] : [])])
  around.print(chosen('GROUP', 'TYPE', 'STATE'))
  for (const { groupId, type, state } of groups) around.print(chosen(groupId, type || 'Unknown', state || 'Unknown'))
}

/** The words with commas, as the list spells them. */
function among(known: readonly string[], typed: string, wrong: (typed: string) => string): string[] {
  if (typed === '') return []
  const lower = (word: string) => word.trim().toLowerCase().replace(/_/g, '')
  const words = typed.split(',').map((word) => known.find((each) => each.toLowerCase() === lower(word)))
  if (words.includes(undefined)) throw new UsageFailure(wrong(typed))
  return words as string[]
}
