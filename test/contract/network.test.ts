// The network contract, over both ways in which the real one reads, and over the simulated one.

import { nodeNetwork } from '../../src/platform/node/network.ts'
import { World } from '../../src/platform/sim/world.ts'
import { networkContract } from './network.ts'

networkContract({ name: 'real network', make: () => nodeNetwork() })
networkContract({ name: 'real network by events', make: () => nodeNetwork({ byEvents: true }) })
networkContract({
  name: 'simulated network',
  make: () => {
    const world = new World({ seed: 1, turn: () => new Promise(setImmediate) })
    world.events.runFree()
    return world.machine('one').start().platform.network
  },
})
