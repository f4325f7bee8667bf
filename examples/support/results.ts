import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  /** The metric on the test part. */
  readonly test: number
  /** Other figures, by what they are. */
  readonly besides?: Readonly<Record<string, number | string>>
  readonly versions: Readonly<Record<string, string | number>>
}

type Own = Pick<Result, 'task' | 'model' | 'seed' | 'command' | 'test' | 'besides'>

/** Prints what our run came to, and keeps it. */
export function record(name: string, model: Model, { epochs, best, steps, seconds }: Trained, own: Own): void {
  const { kernels } = model
  keep(name, {
    ...own,
    parameters: model.size,
    steps,
    seconds: Math.round(seconds * 10) / 10,
    epochs: epochs.length,
    best: best.epoch,
    versions: { node: process.versions.node, kernels: kernels.tier, threads: kernels.threads },
  })
}

/** Prints what a peer's run came to, and keeps it. */
export const recordPeer = (name: string, result: Result): void => keep(name, result)

/** Adds a result to `examples/results/NAME.json`, in place of an earlier one of the same run. */
function keep(name: string, result: Result): void {
  const folder = join(root, 'examples/results')
  const path = join(folder, `${name}.json`)
  const earlier: readonly Result[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
  const same = (other: Result) => (['task', 'model', 'seed'] as const).every((key) => other[key] === result[key])
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${path}.tmp`, `${JSON.stringify([...earlier.filter((other) => !same(other)), result], null, 1)}\n`)
  renameSync(`${path}.tmp`, path)
  console.log(JSON.stringify(result, null, 1))
}
