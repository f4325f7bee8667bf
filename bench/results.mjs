/** What every bench shares: the machine, and results kept as JSON. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform } from 'node:os'
import { fileURLToPath } from 'node:url'

export const machine = () => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  platform: platform(),
  arch: arch(),
})

/** Adds date, machine and Node to a result and writes it to bench/results, named by kind, time and Node. */
export function keep(kind, result) {
  const date = new Date().toISOString().slice(0, 16)
  const node = process.versions.node
  const document = { kind, date, node, ...result }
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const name = `${kind}-${date.replace(/\D/g, '')}-node${node.split('.')[0]}.json`
  writeFileSync(new URL(name, folder), `${JSON.stringify(document, undefined, 1)}\n`)
  return { document, file: fileURLToPath(new URL(name, folder)) }
}
