// The network contract, over both ways in which the real one reads.

import { nodeNetwork } from '../../src/platform/node/network.ts'
import { networkContract } from './network.ts'

networkContract({ name: 'real network', make: () => nodeNetwork() })
networkContract({ name: 'real network by events', make: () => nodeNetwork({ byEvents: true }) })
