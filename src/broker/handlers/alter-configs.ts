// IncrementalAlterConfigs (API 44, KIP-339) and the older AlterConfigs (API 33), which replaces all that a resource has.

import {
  alterConfigs as alterConfigsCommand,
  incrementalAlterConfigs as incrementalCommand,
  namedTwice,
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
import { inParts } from '../in-parts.ts'

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
      const responses = await inParts(allowed, context, {
        keyOf,
        failed: failure,
        repeated,
        ask: async (part: typeof resources) =>
          (await rooms.controller.ask((machine) => incrementalCommand(machine, { resources: part, validateOnly }))).responses,
      })
      return { responses: responses.concat(denied) }
    },
    refuse: ({ resources }, error) => ({ responses: resources.map((resource) => failure(resource, error)) }),
  }
}

export function alterConfigs(rooms: AlterConfigsRooms): Handler<AlterConfigsRequest, AlterConfigsResponse> {
  return {
    api: api('AlterConfigs'),
    async handle({ resources, validateOnly }, context) {
      const { allowed, denied } = await sort(resources, context, rooms.nodeId)
      const responses = await inParts(allowed, context, {
        keyOf,
        failed: failure,
        repeated,
        ask: async (part: typeof resources) =>
          (await rooms.controller.ask((machine) => alterConfigsCommand(machine, { resources: part, validateOnly }))).responses,
      })
      return { responses: responses.concat(denied) }
    },
    refuse: ({ resources }, error) => ({ responses: resources.map((resource) => failure(resource, error)) }),
  }
}

const NAMED_TWICE = namedTwice()

const keyOf = ({ resourceType, resourceName }: Named) => `${resourceType} ${resourceName}`

/** Which resources go to the controller, and the answers of those that may not. */
async function sort<R extends Named>(resources: readonly R[], context: RequestContext, nodeId: number) {
  const allowed: R[] = []
  const denied: ReturnType<typeof failure>[] = []
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

function repeated(resource: Named) {
  return failure(resource, NAMED_TWICE)
}

function failure({ resourceType, resourceName }: Named, error: KafkaError) {
  return { errorCode: error.code, errorMessage: error.message, resourceType, resourceName }
}
