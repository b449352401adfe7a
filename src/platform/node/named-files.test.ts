import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('what comes through a pipe is read to its end, and a file that is not there is null', () => {
  const url = JSON.stringify(new URL('./named-files.js', import.meta.url).href)
  const program = `
    const { readNamedFile } = await import(${url})
    console.log(JSON.stringify([await readNamedFile('/dev/stdin'), await readNamedFile('/no/such/file')]))`
  // A shell makes a pipe; Node itself would give the program a socket.
  const line = 'printf "a=b\\nc=d\\n" | "$0" --input-type=module -e "$1"'
  const { stdout } = spawnSync('sh', ['-c', line, process.execPath, program], { encoding: 'utf8', timeout: 10_000 })
  assert.deepEqual(JSON.parse(stdout), ['a=b\nc=d\n', null])
})
