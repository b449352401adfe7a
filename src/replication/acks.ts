// What a producer asks for, and what its batch got.

import type { Appended } from '../machine/machine.ts'

export interface LeaderAppended extends Appended {
  /** It was there already: the producer sent it again. */
  readonly isDuplicate: boolean
}

export type RequiredAcks = 'none' | 'leader' | 'all'
