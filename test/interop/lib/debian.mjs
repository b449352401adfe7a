/**
 * Programs that only Debian's packages bring, unpacked into the cache: nothing is installed, and no right is needed that a usual user lacks.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.mjs'
import { must } from './processes.mjs'

/** The folder that these packages are unpacked into, as if it were `/`. What they need is not looked up: name it, too. */
export async function debianRoot(name, packages) {
  const dir = await cached(`debian-${name}`, packages.join(' '), (target) => unpack(target, packages))
  return join(dir, 'root')
}

async function unpack(target, packages) {
  for (const name of ['lists/partial', 'archives/partial', 'debs', 'root']) mkdirSync(join(target, name), { recursive: true })
  const own = [
    `Dir::State::lists=${join(target, 'lists')}`,
    `Dir::Cache=${target}`,
    'APT::Sandbox::User=root',
    'Debug::NoLocking=1',
  ]
  const options = own.flatMap((option) => ['-o', option])
  await must('apt-get', [...options, '-q', 'update'], { timeoutMs: 300_000 })
  await must('apt-get', [...options, '-q', 'download', ...packages], { cwd: join(target, 'debs'), timeoutMs: 300_000 })
  for (const name of readdirSync(join(target, 'debs')))
    await must('dpkg', ['-x', join(target, 'debs', name), join(target, 'root')])
  for (const name of readdirSync(target)) if (name !== 'root') rmSync(join(target, name), { recursive: true })
}
