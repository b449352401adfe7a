/**
 * As much of YAML as the compose files need: blocks of keys and of list entries, one-line scalars, anchors of blocks with `<<: *name`. Everything else is an
 * error that names the line, so that no file means something else here than to Docker.
 */
const KEY = /^([A-Za-z_][\w.-]*|<<):(?:\s+(.*))?$/
const BARE = /^[^\s!&*|>%@`"'{}[\]#,?-][^{}[\]#]*$/

export function parseYaml(text) {
  const lines = text
    .split('\n')
    .map((line, at) => ({ at: at + 1, indent: line.search(/\S/), text: line.trim() }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'))
  const anchors = new Map()
  let next = 0
  const value = block(0)
  if (next < lines.length) throw wrong(lines[next], 'it is indented otherwise than what it belongs to')
  return value

  /** The block that begins here, whose lines are indented by `indent`. */
  function block(indent) {
    return lines[next].text.startsWith('- ') ? list(indent) : map(indent)
  }

  function list(indent) {
    const entries = []
    for (; lines[next]?.indent === indent; next++) {
      const line = lines[next]
      if (!line.text.startsWith('- ')) throw wrong(line, 'a key among the entries of a list')
      entries.push(scalar(line, line.text.slice(2).trim()))
    }
    return entries
  }

  function map(indent) {
    const inherited = {}
    const own = {}
    while (lines[next]?.indent === indent) {
      const line = lines[next++]
      const [, key, rest = ''] = KEY.exec(line.text) ?? []
      if (key === undefined) throw wrong(line, 'not "key: value"')
      if (Object.hasOwn(own, key)) throw wrong(line, `${key} stands there twice`)
      if (key === '<<') Object.assign(inherited, anchored(line, rest))
      else own[key] = valueAt(line, rest, indent)
    }
    return { ...inherited, ...own }
  }

  function valueAt(line, rest, indent) {
    const [, anchor] = /^&(\w+)$/.exec(rest) ?? []
    if (rest !== '' && !anchor) return scalar(line, rest)
    const inner = lines[next]?.indent ?? -1
    const value = inner > indent ? block(inner) : null
    if (anchor) anchors.set(anchor, value)
    return value
  }

  function anchored(line, rest) {
    const found = anchors.get(rest.replace(/^\*/, ''))
    if (!rest.startsWith('*') || !found) throw wrong(line, `${rest} is no block that was named before`)
    return found
  }
}

/** Always a text: compose turns values of an environment into texts, too. */
function scalar(line, text) {
  if (/^"[^"\\]*"$/.test(text)) return text.slice(1, -1)
  if (!BARE.test(text) || / #|: /.test(text)) throw wrong(line, `${text} is more than these files need`)
  return text
}

function wrong({ at, text }, why) {
  return new Error(`line ${at}: ${text}: ${why}`)
}
