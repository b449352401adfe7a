/**
 * The image without a container engine: the Dockerfile's own instructions, carried out in a folder that stands for the file system, and its entry point and
 * health check run there with nothing of this machine's environment. Paths of the image are replaced by those below the folder.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'
import { must, run, start } from '../lib/processes.mjs'
import { copyOf, lastOf, parseDockerfile } from './dockerfile.mjs'

const BUILD_MS = 300_000
/** The folders of the image that its instructions and scripts name. */
const OF_IMAGE = /(?<![\w./-])\/(opt|odradek|tmp|mnt|var\/lib\/kafka)\b/g

/** Carries out the Dockerfile below `root`; `node` is the program that the base image would bring along. */
export async function buildImage({ root, node }) {
  const stages = parseDockerfile(readFileSync(join(projectDir, 'deploy/Dockerfile'), 'utf8'))
  const roots = new Map()
  let last
  for (const [at, stage] of stages.entries()) {
    last = join(root, stage.name ?? `stage-${at}`)
    roots.set(stage.name, last)
    await carryOut(stage, { root: last, roots, node })
  }
  return new Image(last, stages.at(-1), node)
}

async function carryOut({ steps }, { root, roots, node }) {
  const inside = (text) => text.replace(OF_IMAGE, `${root}/$1`)
  // How registries are reached from here is this machine's to say.
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` }
  let cwd = root
  mkdirSync(join(root, 'tmp'), { recursive: true })
  for (const { word, text } of steps) {
    if (word === 'WORKDIR') mkdirSync((cwd = inside(text)), { recursive: true })
    if (word === 'COPY') copy(copyOf(text), { root, roots, cwd })
    if (word === 'RUN') await must('bash', ['-euo', 'pipefail', '-c', asHere(inside(text))], { cwd, env, timeoutMs: BUILD_MS })
  }
}

/** Only root may give files away. */
const asHere = (text) => (process.getuid() === 0 ? text : text.replace(/ -o \d+ -g \d+/, ''))

/** Like Docker: a folder's contents, a file under its own name where the target is a folder. */
function copy({ from, sources, target }, { root, roots, cwd }) {
  const base = from === null ? projectDir : roots.get(from)
  const to = target.startsWith('/') ? join(root, target) : join(cwd, target)
  for (const source of sources.flatMap((each) => matches(base, each))) {
    const isFile = statSync(join(base, source)).isFile()
    const place = isFile && (target.endsWith('/') || sources.length > 1) ? join(to, basename(source)) : to
    mkdirSync(dirname(place), { recursive: true })
    cpSync(join(base, source), place, { recursive: true, verbatimSymlinks: true })
  }
}

/** Files that a pattern with a star in its last part stands for. */
export function matches(base, pattern) {
  if (!pattern.includes('*')) return [pattern]
  const [before, after] = basename(pattern).split('*')
  const folder = dirname(pattern)
  const names = readdirSync(join(base, folder)).filter((name) => name.startsWith(before) && name.endsWith(after))
  return names.map((name) => join(folder, name))
}

class Image {
  #stage
  /** What comes before every command: another user, where this machine lets us be one. */
  through = []

  constructor(root, stage, node) {
    this.root = root
    this.#stage = stage
    const [, path] = /^PATH=(\S+)$/.exec(lastOf(stage, 'ENV'))
    // The base image's Node lies on the path of every image; here it is beside the folder.
    this.path = `${path.split(':')[0].replace(OF_IMAGE, `${root}/$1`)}:${dirname(node)}:/usr/local/bin:/usr/bin:/bin`
  }

  get user() {
    return lastOf(this.#stage, 'USER')
  }

  /** The image's own path of a file, as it is here. */
  at(path) {
    return join(this.root, path)
  }

  /** The commands on its path. */
  get commands() {
    return readdirSync(this.at('/opt/odradek/bin'))
  }

  /** Runs every process of it as the user of the image; false where that cannot be done here. */
  async becomeUser() {
    const [uid, gid] = this.user.split(':')
    const through = ['setpriv', '--reuid', uid, '--regid', gid, '--clear-groups']
    if (process.getuid() !== 0 || !existsSync('/usr/bin/setpriv')) return false
    const { code } = await run(through[0], [...through.slice(1), 'bash', '-c', `PATH=${this.path} node --version`])
    if (code === 0) this.through = through
    return code === 0
  }

  /** The entry point with these words, as `start` and `run` take it: the command, and its words. */
  entryPoint(words = []) {
    return this.#words([...JSON.parse(lastOf(this.#stage, 'ENTRYPOINT')), ...words])
  }

  /** What a process of it finds in its environment. */
  env(environment) {
    return { PATH: this.path, HOME: '/nonexistent', ...environment }
  }

  /** `docker run` with these variables and words. */
  start(environment, words) {
    return start(...this.entryPoint(words), { cwd: this.at('/var/lib/kafka'), env: this.env(environment) })
  }

  /** The same to its end. */
  run(environment, words, options = {}) {
    const settings = { cwd: this.at('/var/lib/kafka'), env: this.env(environment), timeoutMs: 30_000, ...options }
    return run(...this.entryPoint(words), settings)
  }

  /** What the engine finds out every few seconds. */
  health(environment) {
    const [, command] = /CMD (\[.*\])$/.exec(lastOf(this.#stage, 'HEALTHCHECK'))
    return run(...this.#words(JSON.parse(command)), { env: this.env(environment), timeoutMs: 10_000 })
  }

  #words(words) {
    const [command, ...rest] = [...this.through, ...words.map((word) => word.replace(OF_IMAGE, `${this.root}/$1`))]
    return [command, rest]
  }
}

/** Lets other users into a folder that was made for us alone. */
export function open(dir) {
  chmodSync(dir, 0o755)
}
