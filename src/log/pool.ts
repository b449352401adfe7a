// Many small jobs, a few at a time.

/** Runs `work` for every item, at most `atOnce` at a time. Rejects with the first failure, when those that had begun are over. */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  let failure: { readonly why: unknown } | null = null
  const run = async () => {
    while (next < items.length && !failure) {
      try {
        await work(items[next++]!)
      } catch (thrown) {
        failure ??= { why: thrown }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run))
  if (failure) throw (failure as { readonly why: unknown }).why
}
