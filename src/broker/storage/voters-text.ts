// Initial controllers as people write them: `1@localhost:9093:JEXY6aqzQY-32P5TStzaFg,2@...` (KIP-853).

import { isUuid } from '../../base/uuid.ts'
import { KRAFT_VERSIONS, type Voter } from '../../raft/voters.ts'

const MAX_PORT = 65_535

/** Throws an Error in Kafka's words. @param listener the name that every endpoint gets */
export function parseVoters(text: string, listener: string): readonly Voter[] {
  const voters = text.split(',').map((one) => parseVoter(one.trim(), listener))
  const twice = voters.find(({ id }, at) => voters.findIndex((other) => other.id === id) !== at)
  if (twice) throw new Error(`Node id ${twice.id} was specified more than once.`)
  return voters
}

function parseVoter(text: string, listener: string): Voter {
  const at = text.indexOf('@')
  if (at < 0) throw new Error('No @ found in dynamic voter string.')
  const id = Number(text.slice(0, at))
  if (!/^\d+$/.test(text.slice(0, at))) throw new Error('Failed to parse node id in dynamic voter string.')
  const { host, rest } = hostOf(text.slice(at + 1))
  const colon = rest.indexOf(':')
  if (colon < 0) throw new Error('No colon following port could be found.')
  const port = Number(rest.slice(0, colon))
  if (!/^\d+$/.test(rest.slice(0, colon)) || port < 1 || port > MAX_PORT)
    throw new Error('Failed to parse port in dynamic voter string.')
  const directoryId = rest.slice(colon + 1)
  if (!isUuid(directoryId)) throw new Error('Failed to parse directory ID in dynamic voter string.')
  return { id, directoryId, endpoints: [{ name: listener, host, port }], kraftVersions: KRAFT_VERSIONS }
}

function hostOf(text: string): { host: string; rest: string } {
  if (text.startsWith('[')) {
    const end = text.indexOf(']:')
    if (end < 0) throw new Error('Hostname began with left bracket, but no right bracket was found.')
    return { host: text.slice(1, end), rest: text.slice(end + 2) }
  }
  const colon = text.indexOf(':')
  if (colon < 0) throw new Error('No colon following hostname could be found.')
  return { host: text.slice(0, colon), rest: text.slice(colon + 1) }
}
