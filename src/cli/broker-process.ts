// A broker on the real machine, for `odradek start`.

import { Broker } from '../broker/broker.ts'
import { nodePlatform } from '../platform/node/platform.ts'
import { collectYoungAlone } from '../platform/node/process.ts'
import type { StartNode } from './start.ts'

export const startBrokerProcess: StartNode = (loaded, { level, stopped }) => {
  collectYoungAlone()
  return Broker.start(loaded, nodePlatform({ level }), { stopped })
}
