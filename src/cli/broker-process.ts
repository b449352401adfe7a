// A broker on the real machine, for `odradek start`.

import { Broker } from '../broker/broker.ts'
import { nodePlatform } from '../platform/node/platform.ts'
import { collectYoungAlone, stayFor } from '../platform/node/process.ts'
import type { StartNode } from './start.ts'

export const startBrokerProcess: StartNode = (loaded, { level, stopped }) => {
  collectYoungAlone()
  return stayFor(Broker.start(loaded, nodePlatform({ level }), { stopped }))
}
