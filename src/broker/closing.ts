// Leaving a house with many rooms: one door that jams must not leave the others open.

/** Runs all steps one after the other, whatever becomes of each; then throws the first error there was. */
export async function runAll(steps: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (thrown) {
      errors.push(thrown)
    }
  }
  if (errors.length > 0) throw errors[0]
}
