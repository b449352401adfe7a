/** Groups as the assignors meet them, by chance and with a seed: members come and go, own what they were given, remember too much, and name racks. */

/** Numbers from 0 up to below `limit`, always the same for a seed. */
export function chance(seed) {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const RACKS = ['rack-a', 'rack-b', 'rack-c']

/**
 * The rounds of one group: `next()` gives a question, `settle(answer)` takes what was assigned, so that the next question has members who own it.
 * `assignor` is its name; `isMixed` lets members subscribe to different topics, `hasRacks` lets them and the replicas stand in racks.
 */
export function groupRounds(seed, { assignor, isMixed, hasRacks }) {
  const pick = chance(seed)
  const topics = {}
  for (let i = 1 + pick(4); i > 0; i--) topics[topicName(pick)] = partitionsOf(pick, 1 + pick(9), hasRacks)
  let members = []
  let generation = 0
  for (let i = 1 + pick(6); i > 0; i--) members.push(newMember(pick, topics, isMixed, hasRacks))

  return { next, settle }

  function next() {
    generation++
    // The leader asks for the topics that somebody subscribes to.
    const wanted = new Set(members.flatMap((member) => member.topics))
    const known = Object.fromEntries(Object.entries(topics).filter(([name]) => wanted.has(name)))
    return structuredClone({ assignor, topics: known, members: members.map(asJoined) })
  }

  function asJoined({ owned, generationId, ...member }) {
    // Eager members own nothing when they join; the sticky one tells in its user data what it had.
    const isCooperative = assignor === 'cooperative-sticky'
    return {
      ...member,
      generationId,
      ownedPartitions: isCooperative ? owned : [],
      userData: userDataOf(assignor, owned, generationId),
    }
  }

  /** Members take what they got; some sleep through it, some leave, some come, topics grow, vanish and appear. */
  function settle(answer) {
    for (const member of members) {
      if (pick(12) === 0) continue // an older generation next time
      member.owned = answer[member.memberId] ?? []
      member.generationId = generation
    }
    if (pick(10) === 0 && members.length > 1) members[0].owned = [...members[0].owned, ...members[1].owned.slice(0, 1)]
    if (pick(3) === 0 && members.length > 1) members.splice(pick(members.length), 1)
    if (pick(2) === 0) for (let i = 1 + pick(3); i > 0; i--) members.push(newMember(pick, topics, isMixed, hasRacks))
    const names = Object.keys(topics)
    if (pick(4) === 0) topics[names[0]] = [...topics[names[0]], ...partitionsOf(pick, 1 + pick(3), hasRacks)]
    if (pick(8) === 0) {
      const name = topicName(pick)
      topics[name] ??= partitionsOf(pick, 1 + pick(6), hasRacks)
      for (const member of members) if (!isMixed || pick(2) === 0) member.topics = [...new Set([...member.topics, name])]
    }
    if (isMixed && pick(4) === 0) members[pick(members.length)].topics = someTopics(pick, topics)
    if (pick(12) === 0 && names.length > 1) {
      delete topics[names[1]]
      for (const member of members) member.topics = member.topics.filter((name) => name !== names[1])
    }
    if (pick(3) === 0) members = members.slice().reverse()
  }
}

function topicName(pick) {
  return `${['orders', 'clicks', 'log', 'a', 'payments.eu', 'T'][pick(6)]}-${pick(40)}`
}

function partitionsOf(pick, count, hasRacks) {
  return Array.from({ length: count }, () => (hasRacks ? RACKS.filter(() => pick(3) > 0) : []))
}

function newMember(pick, topics, isMixed, hasRacks) {
  const id = `consumer-${pick(9)}-${pick(2 ** 20).toString(16)}-${pick(2 ** 20).toString(16)}`
  return {
    memberId: id,
    groupInstanceId: pick(5) === 0 ? `instance-${pick(1000)}-${id.length}` : null,
    topics: isMixed ? someTopics(pick, topics) : Object.keys(topics),
    rackId: hasRacks && pick(5) > 0 ? RACKS[pick(3)] : null,
    owned: [],
    generationId: -1,
  }
}

/** At least one: see src/assignors/java.test.ts for members without any. */
function someTopics(pick, topics) {
  const names = Object.keys(topics)
  const one = names[pick(names.length)]
  return names.filter((name) => pick(3) > 0 || name === one)
}

function userDataOf(assignor, owned, generationId) {
  if (assignor === 'cooperative-sticky') {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(generationId)
    return bytes.toString('base64')
  }
  if (assignor !== 'sticky' || generationId < 0) return null
  const byTopic = Map.groupBy ? Map.groupBy(owned, ([topic]) => topic) : grouped(owned)
  const parts = [int32(byTopic.size)]
  for (const [topic, partitions] of byTopic) {
    const name = Buffer.from(topic)
    const size = Buffer.alloc(2)
    size.writeInt16BE(name.length)
    parts.push(size, name, int32(partitions.length), ...partitions.map(([, partition]) => int32(partition)))
  }
  return Buffer.concat([...parts, int32(generationId)]).toString('base64')
}

function grouped(owned) {
  const byTopic = new Map()
  for (const each of owned) byTopic.set(each[0], [...(byTopic.get(each[0]) ?? []), each])
  return byTopic
}

function int32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
