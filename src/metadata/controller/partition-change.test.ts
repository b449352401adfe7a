import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PartitionImage, RECOVERED, RECOVERING, withChange } from '../partition.ts'
import { type ChangeRules, changeOf, type Wanted } from './partition-change.ts'

const directory = (id: number) => `d${id}`

function partition(fields: Partial<PartitionImage> = {}): PartitionImage {
  const replicas = fields.replicas ?? [1, 2, 3]
  return {
    partition: 0,
    replicas,
    directories: replicas.map(directory),
    isr: replicas,
    removingReplicas: [],
    addingReplicas: [],
    leader: replicas[0]!,
    leaderRecoveryState: RECOVERED,
    leaderEpoch: 5,
    partitionEpoch: 9,
    elr: [],
    lastKnownElr: [],
    ...fields,
  }
}

function rules(fields: Partial<Omit<ChangeRules, 'canLead'>> & { readonly dead?: readonly number[] } = {}): ChangeRules {
  const { dead = [], ...rest } = fields
  return {
    canLead: (_, id) => !dead.includes(id),
    minInsyncReplicas: 2,
    hasEligibleLeaderReplicas: true,
    election: 'online',
    directoryOn: directory,
    ...rest,
  }
}

/** What a change names, without what it leaves alone. */
function named(before: PartitionImage, wanted: Wanted, given: ChangeRules): Record<string, unknown> | null {
  const change = changeOf('topic', before, wanted, given)
  if (!change) return null
  const { topicId: _, partitionId: __, leader, leaderRecoveryState, ...lists } = change.value
  return {
    ...(leader === -2 ? {} : { leader }),
    ...(leaderRecoveryState === -1 ? {} : { leaderRecoveryState }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== null)),
  }
}

test('nothing is written where nothing changes', () => {
  assert.equal(named(partition(), {}, rules()), null)
  assert.equal(named(partition({ isr: [], leader: -1, elr: [1] }), {}, rules({ dead: [1, 2, 3] })), null)
})

test('a leader stays while it may, whoever is preferred; then the first of the ISR in the order of the replicas leads', () => {
  const second = partition({ leader: 2 })
  assert.equal(named(second, {}, rules()), null)
  assert.deepEqual(named(second, {}, rules({ election: 'preferred' })), { leader: 1 })
  assert.equal(named(second, {}, rules({ election: 'preferred', dead: [1] })), null)
  assert.deepEqual(named(partition({ isr: [3, 2, 1] }), { isr: [3, 2] }, rules({ dead: [1] })), { isr: [3, 2], leader: 2 })
})

test('the ELR takes who leaves an ISR below the minimum, in ascending order, and is emptied when there are enough again', () => {
  assert.deepEqual(named(partition(), { isr: [1] }, rules()), { isr: [1], eligibleLeaderReplicas: [2, 3] })
  const shrunk = partition({ isr: [1], elr: [2, 3] })
  assert.deepEqual(named(shrunk, { isr: [1, 3] }, rules()), { isr: [1, 3], eligibleLeaderReplicas: [] })
  assert.deepEqual(named(shrunk, { isr: [] }, rules({ dead: [1] })), { isr: [2], leader: 2, eligibleLeaderReplicas: [1, 3] })
  assert.deepEqual(named(partition(), { isr: [1] }, rules({ minInsyncReplicas: 1 })), { isr: [1] })
  // More than there are replicas is as many as there are.
  const pair = partition({ replicas: [1, 2] })
  assert.deepEqual(named(pair, { isr: [1] }, rules({ minInsyncReplicas: 9 })), { isr: [1], eligibleLeaderReplicas: [2] })
})

test('one of the ELR leads only where the ISR is empty: else it may have less than the ISR', () => {
  const shrunk = partition({ isr: [1], elr: [2] })
  assert.deepEqual(named(shrunk, {}, rules({ dead: [1] })), { leader: -1 })
  assert.deepEqual(named(shrunk, { isr: [] }, rules({ dead: [1] })), { isr: [2], leader: 2, eligibleLeaderReplicas: [1] })
})

test('a broker that stopped uncleanly leaves the ELR as well', () => {
  const shrunk = partition({ isr: [1], elr: [2, 3] })
  assert.deepEqual(named(shrunk, {}, rules({ lostBroker: 2 })), { eligibleLeaderReplicas: [3] })
  const all = named(shrunk, { isr: [] }, rules({ lostBroker: 1, dead: [1, 2, 3] }))
  assert.deepEqual(all, { isr: [], leader: -1, lastKnownElr: [1] })
})

test('who led last is kept while nobody leads, and leads again as recovering where nobody is known to have everything', () => {
  const lone = partition({ isr: [1], elr: [] })
  assert.deepEqual(named(lone, { isr: [] }, rules({ dead: [1, 2, 3], lostBroker: 1 })), {
    isr: [],
    leader: -1,
    lastKnownElr: [1],
  })
  const leaderless = partition({ isr: [], leader: -1, lastKnownElr: [1] })
  assert.equal(named(leaderless, {}, rules({ dead: [1] })), null, 'others must not')
  assert.deepEqual(named(leaderless, {}, rules()), { isr: [1], leader: 1, leaderRecoveryState: 1, lastKnownElr: [] })
  const eligible = partition({ isr: [], leader: -1, elr: [3], lastKnownElr: [1] })
  assert.deepEqual(
    named(eligible, {}, rules()),
    { isr: [3], leader: 3, eligibleLeaderReplicas: [], lastKnownElr: [] },
    'somebody is known to have everything',
  )
  assert.equal(named(eligible, {}, rules({ dead: [3] })), null)
})

test('an unclean election takes anyone where it is allowed, in sync with nobody, and what was eligible before it no longer is', () => {
  const lost = partition({ isr: [1], leader: 1, elr: [2] })
  const dead = { dead: [1, 2], election: 'unclean' } as const
  assert.deepEqual(named(lost, { isr: [] }, rules(dead)), {
    isr: [3],
    leader: 3,
    leaderRecoveryState: RECOVERING,
    eligibleLeaderReplicas: [],
  })
  assert.deepEqual(named(lost, { isr: [] }, rules({ ...dead, dead: [1] })), { isr: [2], leader: 2, eligibleLeaderReplicas: [1] })
  const recovering = partition({ isr: [1], leaderRecoveryState: RECOVERING })
  assert.deepEqual(named(recovering, { leaderRecoveryState: RECOVERED }, rules({ minInsyncReplicas: 1 })), {
    leaderRecoveryState: RECOVERED,
  })
})

test('without eligible leader replicas the last of the ISR stays in it and alone may lead again', () => {
  const old = { hasEligibleLeaderReplicas: false }
  const lone = partition({ isr: [1] })
  assert.deepEqual(named(lone, { isr: [] }, rules({ ...old, dead: [1] })), { leader: -1 })
  const waiting = partition({ isr: [1], leader: -1 })
  assert.equal(named(waiting, {}, rules({ ...old, dead: [1] })), null)
  assert.deepEqual(named(waiting, {}, rules(old)), { leader: 1 })
  const switchedOff = partition({ isr: [], leader: -1, elr: [2, 3] })
  assert.equal(
    named(switchedOff, {}, rules({ ...old, dead: [2, 3] })),
    null,
    'who was eligible when they were switched off still is',
  )
  assert.deepEqual(named(switchedOff, {}, rules({ ...old, dead: [2] })), { isr: [3], leader: 3, eligibleLeaderReplicas: [] })
  const unclean = named(waiting, { isr: [] }, rules({ ...old, dead: [1], election: 'unclean' }))
  assert.deepEqual(unclean, { isr: [2], leader: 2, leaderRecoveryState: 1 })
})

test('a reassignment ends with the change that brings its last replica into the ISR, and the leader epoch with it', () => {
  const moving = partition({ replicas: [4, 1, 2, 3], isr: [2, 3, 1], leader: 3, addingReplicas: [4], removingReplicas: [3] })
  assert.deepEqual(named(moving, { isr: [1, 2, 3, 4] }, rules()), {
    isr: [1, 2, 4],
    leader: 4,
    replicas: [4, 1, 2],
    removingReplicas: [],
    addingReplicas: [],
    directories: ['d4', 'd1', 'd2'],
  })
  const stays = { ...moving, leader: 1 }
  const change = changeOf('topic', stays, { isr: [1, 2, 3, 4] }, rules())!
  const after = withChange(stays, change.value)
  assert.deepEqual(
    [after.leader, after.leaderEpoch, after.partitionEpoch],
    [1, 6, 10],
    'who went must not be counted by the old epoch',
  )
  assert.deepEqual(named(moving, { isr: [1, 2, 3] }, rules()), { isr: [1, 2, 3] }, 'not before all that stay are in sync')
})

test('replicas that left by a reassignment do not become eligible leaders', () => {
  const moving = partition({ replicas: [4, 1, 2, 3], isr: [1, 2, 3], addingReplicas: [4], removingReplicas: [1, 2, 3] })
  const change = named(moving, { isr: [1, 2, 3, 4] }, rules())!
  assert.deepEqual([change['replicas'], change['isr'], change['eligibleLeaderReplicas']], [[4], [4], undefined])
})

test('replicas that do not come after all are no eligible leaders either', () => {
  const moving = partition({ replicas: [4, 1, 2], isr: [1], leader: 1, elr: [2, 4], addingReplicas: [4] })
  const cancelled = named(moving, { replicas: [1, 2], isr: [1], addingReplicas: [], removingReplicas: [] }, rules())!
  assert.deepEqual([cancelled['eligibleLeaderReplicas'], cancelled['leader']], [[2], 1])
})

test('a replica that comes is given the directory that its broker has, and one that is named its own', () => {
  const grown = named(partition({ replicas: [1] }), { replicas: [1, 2], addingReplicas: [2] }, rules())
  assert.deepEqual(grown, { replicas: [1, 2], addingReplicas: [2], directories: ['d1', 'd2'] })
  assert.deepEqual(named(partition(), { directories: new Map([[2, 'other']]) }, rules()), { directories: ['d1', 'other', 'd3'] })
})

test('where nobody led when the ISR became empty, who was in sync last is the one to come back', () => {
  const unled = partition({ isr: [3], leader: -1, elr: [1] })
  assert.deepEqual(named(unled, { isr: [] }, rules({ dead: [1, 2, 3] })), {
    isr: [],
    eligibleLeaderReplicas: [1, 3],
    lastKnownElr: [3],
  })
  const lost = partition({ isr: [], leader: -1, elr: [], lastKnownElr: [3] })
  assert.equal(named(lost, {}, rules({ dead: [2] }))?.['leader'], 3)
})
