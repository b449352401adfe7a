/** How long a run of the bench takes: guessed from what the cases say of themselves, then corrected by how it goes. */

const perCase = 1.5

/** The seconds that one case takes, all brokers and runs. */
export function secondsOf(each, { runs, seconds }) {
  const once = each.brokers.length * (each.prepares(seconds) + (each.clean ? perCase : 0))
  return once + runs * each.brokers.length * each.takes(seconds)
}

export function minutes(seconds) {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

/** Prints lines with the time that is left. */
export class Progress {
  #left
  #settings
  #planned = 0
  #startedAt = performance.now()

  constructor(cases, settings) {
    this.#settings = settings
    this.#left = cases.reduce((sum, each) => sum + secondsOf(each, settings), 0)
  }

  /** The preparations are over: from here on it goes as the cases said. */
  begin() {
    this.#planned = 0
    this.#startedAt = performance.now()
  }

  say(text) {
    console.error(`[${minutes(this.#left * this.#pace())} left] ${text}`)
  }

  /** One run of a case on one broker is over. */
  after(each, text) {
    const share = secondsOf(each, this.#settings) / (each.brokers.length * this.#settings.runs)
    this.#left = Math.max(0, this.#left - share)
    this.#planned += share
    this.say(text)
  }

  #pace() {
    return this.#planned < 20 ? 1 : (performance.now() - this.#startedAt) / 1000 / this.#planned
  }
}
