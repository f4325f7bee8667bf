import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Model } from 'unrolled'
import { root } from './data.ts'
import type { Trained } from './train.ts'

/** What one run came to, as docs/results.md shows it. */
export interface Result {
  /** Which task, and in which setting: together with the seed they name the run. */
  readonly task: string
  readonly model: string
  readonly seed: number
  readonly command: string
  readonly parameters: number
  readonly steps: number
  readonly seconds: number
  /** Epochs run, and which was the best on validation. */
  readonly epochs: number
  readonly best: number
  /** What is measured on the test part, and what came out. */
  readonly metric: string
  readonly test: number
  /** What a paper reports of the same task and cell. */
  readonly published?: string | undefined
  /** Other figures, by what they are. */
  readonly besides?: Readonly<Record<string, number | string>>
  readonly versions: Readonly<Record<string, string | number>>
}

type Own = Omit<Result, 'parameters' | 'steps' | 'seconds' | 'epochs' | 'best' | 'versions'>

/** Options of every task: what decides chance, and whether docs/results.md is to tell of the run. */
export const common = {
  seed: { type: 'string', default: '1' },
  record: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** How to run an example again: its flags, without those that tell where files are and what becomes of the figures. */
export function commandOf(name: string, args: readonly string[]): string {
  const told = args.join(' ').replace(/ ?--(record|(data|python)[ =]\S+)/g, '')
  return `npm run example -- ${[name, told.trim()].join(' ').trim()}`
}

/** What a run of ours came to. */
export function resultOf(model: Model, { epochs, best, steps, seconds }: Trained, own: Own): Result {
  const { kernels } = model
  return {
    ...own,
    parameters: model.size,
    steps,
    seconds: Math.round(seconds * 10) / 10,
    epochs: epochs.length,
    best: best.epoch,
    versions: { node: process.versions.node, kernels: kernels.tier, threads: kernels.threads },
  }
}

/** What several models of one task came to together. */
export const together = (runs: readonly { readonly model: Model; readonly trained: Trained }[]) => ({
  parameters: runs.reduce((sum, { model }) => sum + model.size, 0),
  steps: runs.reduce((sum, { trained }) => sum + trained.steps, 0),
  seconds: Math.round(runs.reduce((sum, { trained }) => sum + trained.seconds, 0) * 10) / 10,
})

/** Prints a result; with `record` it goes to `examples/results/NAME.json` too, in place of an earlier one of the same run. */
export function tell(name: string, result: Result, { record }: { readonly record: boolean }): void {
  console.log(JSON.stringify(result, null, 1))
  if (!record) return
  const path = join(root, `examples/results/${name}.json`)
  const earlier: readonly Result[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).results : []
  const same = (other: Result) => (['task', 'model', 'seed'] as const).every((key) => other[key] === result[key])
  const results = [...earlier.filter((other) => !same(other)), result]
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.tmp`, `${JSON.stringify({ kind: 'tasks', results }, null, 1)}\n`)
  renameSync(`${path}.tmp`, path)
}
