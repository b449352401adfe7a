// Joins compiled modules: a broker loads a handful of files instead of four hundred, which is most of its start-up time.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, stop } from 'esbuild'
import { filesBelow } from './compile.mjs'
import { root } from './setup.mjs'

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  legalComments: 'none',
  write: false,
  logLevel: 'warning',
}

/**
 * Bundles `modules` (name of the output and its source) into `outDir`; what several of them use lies in `outDir`/chunks once, so that a class
 * is the same class whichever way it was imported. `programs` become one CommonJS file each, for `platform/node/code-cache`. Packages stay
 * outside. Names stay as they are, for stack traces and profiles, without esbuild's keepNames: that runs code for each closure that is made.
 */
export async function bundle(modules, programs, outDir) {
  const results = await Promise.all([
    build({
      ...common,
      entryPoints: modules,
      outdir: outDir,
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      format: 'esm',
      charset: 'utf8',
    }),
    build({
      ...common,
      entryPoints: programs,
      outdir: outDir,
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
      // One byte a character: half the memory, and nothing to decode.
      charset: 'ascii',
      define: { 'import.meta.url': 'importMetaUrl' },
      // The directive first: modules are strict, and behind a statement it would be a text like any other.
      banner: { js: `'use strict'\nconst importMetaUrl = require('node:url').pathToFileURL(__filename).href` },
    }),
  ])
  await stop() // its process would live on beside a program that is started right after
  const outputFiles = results.flatMap((result) => result.outputFiles)
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, withOwnNames(text))
  }
  // Written first, removed after: who starts a program meanwhile finds its files.
  const written = new Set(outputFiles.map(({ path }) => path))
  for (const path of filesBelow(join(root, outDir))) if (/\.c?js$/.test(path) && !written.has(path)) rmSync(path)
}

/** esbuild makes `var Log = class _Log { ... _Log.open ... }` of a class that mentions itself; errors would be printed under that name. */
function withOwnNames(text) {
  const names = [...text.matchAll(/^(?:var | +)(\w+) = class _\1\b/gm)].map(([, name]) => name)
  return names.reduce((changed, name) => changed.replaceAll(new RegExp(`(?<![\\w$.'"\`])_${name}\\b`, 'g'), name), text)
}
