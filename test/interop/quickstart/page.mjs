/** The quickstart as a list of things to do: programs to write down, commands to type, and what they print. */

const HEADING_OR_BLOCK = /^## (?<heading>.*)$|^```(?<language>\w+)(?: (?<info>.+))?\n(?<text>[\s\S]*?)^```$/gm

/**
 * The steps in their order. A `file` has a name and a text; a `command` has a text, `where` (server, project or nothing) and `prints`, lines that it is said to
 * print. Throws for a block that is neither.
 */
export function stepsOf(page) {
  const steps = []
  let section = ''
  for (const { groups } of page.matchAll(HEADING_OR_BLOCK)) {
    const { heading, language, info, text } = groups
    if (heading !== undefined) {
      section = heading
    } else if (language === 'sh') {
      steps.push({ kind: 'command', section, text: text.trim(), where: info ?? '', prints: [] })
    } else if (language === 'text') {
      const before = steps.at(-1)
      if (before?.kind !== 'command') throw new Error(`nothing prints this: ${text}`)
      before.prints = text.trim().split('\n').map(plain)
    } else if (['ts', 'js', 'python'].includes(language) && info) {
      steps.push({ kind: 'file', section, name: info, text })
    } else {
      throw new Error(`neither a command nor a program with a name: ${language} ${text}`)
    }
  }
  return steps
}

/** Whether the lines are there, in their order; others may stand between them. */
export function holds(output, lines) {
  let next = 0
  for (const line of output.split('\n')) if (next < lines.length && plain(line) === lines[next]) next++
  return next === lines.length
}

const TIME = /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\b/g

/** Columns are as wide as what stands in them, and whoever follows the page does so at another time. */
const plain = (line) => line.trim().replace(TIME, 'TIME').replace(/\s+/g, ' ')
