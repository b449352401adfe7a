// What changes on a device, step by step: for whoever wants to know what a power cut after any of them may leave.

import type { Inode, Naming, SimDirectory, SimInode } from './inode.ts'

export type DeviceStep =
  | { readonly kind: 'write'; readonly inode: SimInode; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly inode: SimInode; readonly size: number }
  /** The oldest `changes` of those that were not on the device are there now. */
  | { readonly kind: 'flush'; readonly inode: SimInode; readonly changes: number }
  | { readonly kind: 'name'; readonly directory: SimDirectory; readonly namings: readonly Naming[] }
  | { readonly kind: 'flush names'; readonly directory: SimDirectory }
  /** The device holds this and nothing else: after a power cut, or because a scenario says so. */
  | { readonly kind: 'root'; readonly root: Inode }

/** One a device; told of each step as it happens. */
export class Journal {
  onStep: ((step: DeviceStep) => void) | null = null
}
