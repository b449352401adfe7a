// What the machine knows of this process: CPU, memory, files, and how the event loop is used.

/** Counters grow from the start of the process; null where this machine does not tell. */
export interface VitalSigns {
  readonly startedAtMs: number
  readonly cpuUserMs: number
  readonly cpuSystemMs: number
  readonly residentBytes: number
  readonly virtualBytes: number | null
  readonly heapTotalBytes: number
  readonly heapUsedBytes: number
  /** Of objects outside of the heap: buffers above all. */
  readonly externalBytes: number
  readonly arrayBufferBytes: number
  readonly openFiles: number | null
  readonly maxOpenFiles: number | null
  /** What really went to, and came from, the devices. */
  readonly diskReadBytes: number | null
  readonly diskWriteBytes: number | null
  /** Of the event loop. */
  readonly loopBusyMs: number
  readonly loopIdleMs: number
  readonly gcCount: number
  readonly gcMs: number
  /** "v20.19.0" */
  readonly runtimeVersion: string
}

export interface Vitals {
  read(): VitalSigns
  /** Watches the collection of garbage, until the returned function is called; `read` tells of what was seen. */
  watch(): () => void
}
