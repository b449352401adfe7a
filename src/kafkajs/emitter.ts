// Who listens to what a client does, and how they are told.

import type { RequestWatch } from '../net/request-watch.ts'
import type { Clock } from '../platform/clock.ts'
import { serverText } from '../platform/network.ts'
import { KafkaJSNonRetriableError } from './errors/classes.ts'
import type { InstrumentationEvent, Logger, RequestQueueSizeEvent, RequestTimeoutEvent } from './types/index.ts'

type Listener = (event: InstrumentationEvent<never>) => unknown

let ids = 0

export class Emitter<Names extends Readonly<Record<string, string>>> {
  readonly events: Names
  readonly #kind: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners = new Map<string, Set<Listener>>()

  /** `kind` is how messages name it: "consumer". */
  constructor(kind: string, events: Names, clock: Clock, logger: Logger) {
    this.#kind = kind
    this.events = events
    this.#clock = clock
    this.#logger = logger
  }

  /** Tells `listener` of each such event; what it gives back ends that. */
  readonly on = (eventName: string, listener: Listener): (() => void) => {
    const names = Object.values(this.events)
    if (!names.includes(eventName)) {
      const all = Object.keys(this.events).map((key) => `${this.#kind}.events.${key}`)
      throw new KafkaJSNonRetriableError(`Event name should be one of ${all.join(', ')}; it was ${eventName}`)
    }
    const listeners = this.#listeners.get(eventName) ?? new Set()
    this.#listeners.set(eventName, listeners)
    // The same function may listen twice.
    const own: Listener = (event) => listener(event)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /** The payload is made only where somebody listens. A listener that fails is logged, and hinders nobody. */
  emit(key: keyof Names & string, payload: () => unknown = () => null): void {
    const type = this.events[key]!
    const listeners = this.#listeners.get(type)
    if (!listeners || listeners.size === 0) return
    const event = { id: ids++ as unknown as string, type, timestamp: this.#clock.now(), payload: payload() as never }
    for (const listener of [...listeners]) void this.#tell(listener, event)
  }

  async #tell(listener: Listener, event: InstrumentationEvent<never>): Promise<void> {
    try {
      await listener(event)
    } catch (thrown) {
      const { message, stack } = thrown as Error
      this.#logger.error(`Failed to execute listener: ${message}`, { eventName: event.type, stack })
    }
  }
}

type NetworkNames = Readonly<Record<'REQUEST' | 'REQUEST_TIMEOUT' | 'REQUEST_QUEUE_SIZE', string>>

/** Requests of a cluster, told to those who listen. */
export function requestEvents<Names extends NetworkNames & Readonly<Record<string, string>>>(
  emitter: Emitter<Names>,
): RequestWatch {
  const sizes = new Map<string, number>()
  return {
    answered: ({ answeredAt, sizeInBytes, ...sent }) =>
      emitter.emit('REQUEST', () => ({ ...payloadOf(sent), duration: answeredAt - sent.sentAt, size: sizeInBytes })),
    late: (sent) => emitter.emit('REQUEST_TIMEOUT', () => payloadOf(sent)),
    queued(address, clientId, queueSize) {
      const broker = serverText(address)
      if ((sizes.get(broker) ?? 0) === queueSize) return
      sizes.set(broker, queueSize)
      const payload: RequestQueueSizeEvent['payload'] = { broker, clientId, queueSize }
      emitter.emit('REQUEST_QUEUE_SIZE', () => payload)
    },
  }
}

function payloadOf({ broker, createdAt, sentAt, ...sent }: Parameters<RequestWatch['late']>[0]): RequestTimeoutEvent['payload'] {
  return { ...sent, broker: serverText(broker), createdAt, sentAt, pendingDuration: sentAt - createdAt }
}
