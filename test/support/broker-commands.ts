// What heartbeats bring about, step by step, as commands of their own: tests put a cluster into a state by them.

import { type Decision, decide } from '../../src/machine/machine.ts'
import {
  type BrokerEpoch,
  handOver,
  type Progress,
  requireBroker,
  stepIn,
  stepOut,
} from '../../src/metadata/controller/brokers.ts'
import type { Controller } from '../../src/metadata/controller/controller.ts'
import type { MetadataRecord } from '../../src/metadata/records.ts'

type Command = (controller: Controller, request: BrokerEpoch) => Decision<MetadataRecord, Progress>

const commandOf =
  (step: typeof stepIn): Command =>
  (controller, request) => {
    const { isDone, records } = step(controller, requireBroker(controller, request))
    return decide({ isDone }, records)
  }

export const unfenceBroker = commandOf(stepIn)
export const fenceBroker = commandOf(stepOut)
export const controlledShutdown = commandOf(handOver)
