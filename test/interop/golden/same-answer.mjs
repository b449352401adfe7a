/** Whether two answers to a case of the corpus are equal by facts; the judge and `npm test` both ask here. */

/** `recorded` says with `vary` whether arrays may come in any order. A missing answer is not the same. */
export function sameAnswer(recorded, found) {
  return found !== undefined && textOf(recorded, recorded.vary) === textOf(found, recorded.vary)
}

/** What is compared: how it ended, whether the connection was closed, and the decoded answer without what differs from run to run. */
function textOf({ outcome, closed, facts }, isAnyOrder) {
  return JSON.stringify([outcome, closed, inOrder(facts ?? null, isAnyOrder)])
}

function inOrder(value, isAnyOrder) {
  if (Array.isArray(value)) {
    const items = value.map((item) => inOrder(item, isAnyOrder))
    return isAnyOrder ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, inOrder(value[key], isAnyOrder)]),
  )
}
