// The assignors of the classic protocol, by the names that members give them.

import type { Assignor } from './assignor.ts'
import { cooperativeSticky } from './cooperative-sticky.ts'
import { range } from './range.ts'
import { roundRobin } from './round-robin.ts'
import { sticky } from './sticky.ts'

export type { Assignable, Assignment, Assignor, Member, RebalanceProtocol, TopicPartition, Topics } from './assignor.ts'
export { cooperativeSticky, range, roundRobin, sticky }

export const assignors: readonly Assignor[] = [range, roundRobin, sticky, cooperativeSticky]
