// Bugs of replication that somebody could have made; the simulation of three replicas has to find each (hunt.ts).

import type { PlantedBug } from '../sim/planted-bugs.ts'

export const replicationBugs: readonly PlantedBug[] = [
  {
    name: 'ack-before-replicated',
    what: 'the high watermark follows the leader alone',
    where: 'src/replication/leadership.js',
    find: 'if (follower.endOffset >= safe)',
    replace: 'if (true)',
  },
  {
    name: 'hw-off-by-one',
    what: 'the high watermark is one record too far',
    where: 'src/replication/leadership.js',
    find: 'safe = follower.endOffset;',
    replace: 'safe = follower.endOffset + 1;',
  },
  {
    name: 'commit-under-min-isr',
    what: 'the high watermark moves while too few replicas are in sync',
    where: 'src/replication/leadership.js',
    find: 'if (this.#isr.length < minInSync)',
    replace: 'if (false)',
  },
  {
    name: 'pending-does-not-count',
    what: 'a replica that is being added does not hold the high watermark back',
    where: 'src/replication/leadership.js',
    find: 'this.#maximalIsr = new Set([...this.#isr, ...newIsr]);',
    replace: 'this.#maximalIsr = new Set(newIsr.length < this.#isr.length ? newIsr : this.#isr);',
  },
  {
    name: 'isr-joined-too-soon',
    what: 'a follower joins the in-sync replicas before it has what is committed',
    where: 'src/replication/leadership.js',
    find: 'follower.endOffset >= least &&',
    replace: '',
  },
  {
    name: 'divergence-ignored',
    what: 'a leader does not say where histories part',
    where: 'src/broker/fetch-readers.js',
    find: '(parting.epoch < lastFetchedEpoch || parting.endOffset < fetchOffset)',
    replace: 'false',
  },
  {
    name: 'truncates-to-high-watermark',
    what: 'a follower cuts down to its own high watermark, which may be behind',
    where: 'src/replication/follower.js',
    find: 'return this.#truncate(truncationOffset(log, divergingEpoch));',
    replace: 'return this.#truncate(log.highWatermark);',
  },
  {
    name: 'fetches-before-flush',
    what: 'a follower says that it has what is not on its device yet',
    where: 'src/replication/fetcher.js',
    find: 'partition.busy ?? partition.kept()',
    replace: 'partition.busy',
  },
]
