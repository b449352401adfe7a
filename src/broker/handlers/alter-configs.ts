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
import type { Input } from '../../protocol/schema.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, type RequestContext, type Resource } from '../handler.ts'
import { inParts } from '../in-parts.ts'

interface Named {
  readonly resourceType: number
  readonly resourceName: string
}

export interface AlterConfigsRooms {
  readonly controller: ControllerChannel
  /** The broker that was asked: it takes no other one's configuration. Null at a controller, which takes those of all. */
  readonly nodeId: number | null
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
    handOn: (request, forward) => handOnOwn(request, rooms.nodeId, forward),
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
    handOn: (request, forward) => handOnOwn(request, rooms.nodeId, forward),
    refuse: ({ resources }, error) => ({ responses: resources.map((resource) => failure(resource, error)) }),
  }
}

const NAMED_TWICE = namedTwice()

/** Of both APIs alike. */
type Answered = Pick<Input<AlterConfigsResponse>, 'responses'>

/** The controller cannot see which broker was asked: what is another broker's is refused here. */
async function handOnOwn<Q extends { readonly resources: readonly Named[] }>(
  request: Q,
  nodeId: number | null,
  forward: (rest: Q) => Promise<Answered>,
): Promise<Answered> {
  const denied: ReturnType<typeof failure>[] = []
  const rest = request.resources.filter((resource) => {
    const error = notHere(resource, nodeId)
    if (error) denied.push(failure(resource, error))
    return !error
  })
  if (denied.length === 0) return forward(request)
  const { responses = [] } = rest.length === 0 ? {} : await forward({ ...request, resources: rest })
  return { responses: [...responses, ...denied] }
}

const keyOf = ({ resourceType, resourceName }: Named) => `${resourceType} ${resourceName}`

/** Which resources go to the controller, and the answers of those that may not. */
async function sort<R extends Named>(resources: readonly R[], context: RequestContext, nodeId: number | null) {
  const allowed: R[] = []
  const denied: ReturnType<typeof failure>[] = []
  await context.slices.map(resources, (resource) => {
    const error = verdict(resource, context, nodeId)
    if (error) denied.push(failure(resource, error))
    else allowed.push(resource)
  })
  return { allowed, denied }
}

function verdict(asked: Named, context: RequestContext, nodeId: number | null): KafkaError | null {
  const { resourceType, resourceName: name } = asked
  const type = resourceTypeOf(resourceType)
  const resource: Resource = type === 'topic' ? { type: 'Topic', name } : type === 'group' ? { type: 'Group', name } : CLUSTER
  if (!context.may('AlterConfigs', resource)) {
    return new KafkaError(resource.type === 'Topic' ? 'TOPIC_AUTHORIZATION_FAILED' : 'CLUSTER_AUTHORIZATION_FAILED')
  }
  return notHere(asked, nodeId)
}

/** A broker's configuration is altered by that broker, or by a controller. */
function notHere({ resourceType, resourceName: name }: Named, nodeId: number | null): KafkaError | null {
  if (nodeId === null || resourceTypeOf(resourceType) !== 'broker' || name === '' || name === String(nodeId)) return null
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
