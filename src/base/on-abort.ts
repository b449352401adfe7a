// Many who wait hear one signal through one listener: Node looks through all of a signal's listeners for each that is added or taken away.

interface Ear {
  readonly runs: Set<() => void>
  readonly hear: () => void
}

const ears = new WeakMap<AbortSignal, Ear>()

/** Runs `run`, which no other wait of this signal may share, when `signal` is aborted, not where it has been; returns what takes that back. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const { runs, hear } = ears.get(signal) ?? listen(signal)
  runs.add(run)
  return () => {
    if (!runs.delete(run) || runs.size > 0) return
    signal.removeEventListener('abort', hear)
    ears.delete(signal)
  }
}

function listen(signal: AbortSignal): Ear {
  const runs = new Set<() => void>()
  const ear: Ear = {
    runs,
    hear: () => {
      ears.delete(signal)
      for (const run of [...runs]) if (runs.has(run)) run()
    },
  }
  ears.set(signal, ear)
  signal.addEventListener('abort', ear.hear, { once: true })
  return ear
}
