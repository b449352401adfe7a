// IncrementalAlterConfigs (API 44, KIP-339) and the older AlterConfigs (API 33), which replaces all that a resource has.

import {
  alterConfigs as alterConfigsCommand,
  incrementalAlterConfigs as incrementalCommand,
} from '../../metadata/controller/configs.ts'
import { resourceTypeOf } from '../../metadata/resources.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { AlterConfigsRequest, AlterConfigsResponse } from '../../protocol/messages/alter-configs.ts'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, type RequestContext, type Resource } from '../handler.ts'

interface Named {
  readonly resourceType: number
  readonly resourceName: string
}

export interface AlterConfigsRooms {
  readonly controller: ControllerChannel
  readonly nodeId: number
}

export function incrementalAlterConfigs(
  rooms: AlterConfigsRooms,
): Handler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> {
  return {
    api: api('IncrementalAlterConfigs'),
    async handle({ resources, validateOnly }, context) {
      const { allowed, denied } = await sort(resources, context, rooms.nodeId)
      const responses = await inParts(allowed, context, async (part) => {
        return (await rooms.controller.ask((machine) => incrementalCommand(machine, { resources: part, validateOnly }))).responses
      })
      return { responses: [...responses, ...denied] }
    },
    refuse: ({ resources }, error) => ({ responses: resources.map((resource) => failure(resource, error)) }),
  }
}

export function alterConfigs(rooms: AlterConfigsRooms): Handler<AlterConfigsRequest, AlterConfigsResponse> {
  return {
    api: api('AlterConfigs'),
    async handle({ resources, validateOnly }, context) {
      const { allowed, denied } = await sort(resources, context, rooms.nodeId)
      const responses = await inParts(allowed, context, async (part) => {
        return (await rooms.controller.ask((machine) => alterConfigsCommand(machine, { resources: part, validateOnly })))
          .responses
      })
      return { responses: [...responses, ...denied] }
    },
    refuse: ({ resources }, error) => ({ responses: resources.map((resource) => failure(resource, error)) }),
  }
}

/** So many resources are one command. Each is altered by itself, so that nobody can tell. */
const PART_SIZE = 200

/** Asks part by part where there are many. What names the same resource stays together: the controller refuses what comes twice. */
async function inParts<R extends Named, A>(
  resources: readonly R[],
  context: RequestContext,
  ask: (part: readonly R[]) => Promise<readonly A[]>,
): Promise<readonly (A | Failure)[]> {
  const { slices } = context
  if (resources.length <= PART_SIZE) return ask(resources)
  const byPlace = new Map<string, R[]>()
  for (const resource of resources) {
    const place = `${resource.resourceType} ${resource.resourceName}`
    const same = byPlace.get(place)
    if (same) same.push(resource)
    else byPlace.set(place, [resource])
  }
  const parts: R[][] = []
  for (const same of byPlace.values()) {
    const part = parts.at(-1)
    if (part && part.length + same.length <= PART_SIZE) for (const one of same) part.push(one)
    else parts.push(same)
  }
  const answers: (A | Failure)[] = []
  for (const part of parts) {
    while (slices.isOver) await slices.turn()
    for (const answer of await askFor(part)) answers.push(answer)
  }
  return answers

  // What other parts altered stays altered, so only those of this one may be told that they failed.
  async function askFor(part: readonly R[]): Promise<readonly (A | Failure)[]> {
    try {
      return await ask(part)
    } catch (thrown) {
      const error = context.answerFor(thrown)
      return part.map((resource) => failure(resource, error))
    }
  }
}

/** Which resources go to the controller, and the answers of those that may not. */
async function sort<R extends Named>(resources: readonly R[], context: RequestContext, nodeId: number) {
  const allowed: R[] = []
  const denied: Failure[] = []
  await context.slices.map(resources, (resource) => {
    const error = verdict(resource, context, nodeId)
    if (error) denied.push(failure(resource, error))
    else allowed.push(resource)
  })
  return { allowed, denied }
}

function verdict({ resourceType, resourceName: name }: Named, context: RequestContext, nodeId: number): KafkaError | null {
  const type = resourceTypeOf(resourceType)
  const resource: Resource = type === 'topic' ? { type: 'Topic', name } : type === 'group' ? { type: 'Group', name } : CLUSTER
  if (!context.may('AlterConfigs', resource)) {
    return new KafkaError(resource.type === 'Topic' ? 'TOPIC_AUTHORIZATION_FAILED' : 'CLUSTER_AUTHORIZATION_FAILED')
  }
  if (type !== 'broker' || name === '' || name === String(nodeId)) return null
  return new KafkaError(
    'INVALID_REQUEST',
    `"${name}" is not this broker's id, ${nodeId}; ask the broker itself, or "" for all brokers`,
  )
}

type Failure = ReturnType<typeof failure>

function failure({ resourceType, resourceName }: Named, error: KafkaError) {
  return { errorCode: error.code, errorMessage: error.message, resourceType, resourceName }
}
