// A terminal that a test looks at: what was printed, what was complained of, and with which code the program ended.

import assert from 'node:assert/strict'
import type { Terminal } from '../../src/cli/terminal.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import type { Signal } from '../../src/platform/node/process.ts'

export interface FakeTerminal {
  readonly terminal: Terminal
  readonly printed: string[]
  readonly complaints: string[]
  readonly codes: number[]
  /** Sends the program a signal; fails where it does not listen to any. */
  readonly signal: (name: Signal) => void
}

/** No timers, and a clock that goes on by `tickMs` with each look at it. `more` is what the test does otherwise. */
export function fakeTerminal(
  { env = {}, files = {}, tickMs }: { env?: Record<string, string>; files?: Record<string, string>; tickMs: number },
  more: Partial<Terminal> = {},
): FakeTerminal {
  const printed: string[] = []
  const complaints: string[] = []
  const codes: number[] = []
  let signalled: (signal: Signal) => void = () => assert.fail('nobody listens to signals')
  let now = 0
  const terminal: Terminal = {
    env,
    clock: {
      now: () => now,
      monotonic: () => (now += tickMs),
      after: () => assert.fail('no timers'),
      soon: (act) => queueMicrotask(act),
    },
    disk: memoryDisk(1 << 20),
    hostName: 'this-machine',
    randomBytes: (length) => Buffer.alloc(length, 7),
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    write: async (bytes) => {
      printed.push(new TextDecoder().decode(bytes))
      return true
    },
    async *input() {},
    isInteractive: () => false,
    utcOffsetMs: () => 0,
    readText: async (path) => files[path] ?? null,
    onSignal: (_, act) => {
      signalled = act
      return () => {}
    },
    endBy: () => assert.fail('no end by a signal'),
    processes: {
      others: () => [],
      signal: () => assert.fail('no other process'),
      startDetached: () => assert.fail('no other process'),
    },
    startProgram: () => assert.fail('no other process'),
    setExitCode: (code) => codes.push(code),
    exitNow: (code) => codes.push(code),
    ...more,
  }
  return { terminal, printed, complaints, codes, signal: (name) => signalled(name) }
}
