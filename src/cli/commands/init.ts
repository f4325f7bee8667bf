import { existsSync } from 'node:fs'
import { InputError } from '../../base/errors.ts'
import { writeWhole } from '../../formats/files.ts'
import { readData } from '../../tasks/data-source.ts'
import { forecasterDefaults as defaults } from '../../tasks/forecaster-options.ts'
import { commandName, print } from '../output.ts'

const FILE = 'unrolled.config.ts'

/** Writes a config with every option and what it does; of a table, with its columns filled in. */
export async function init(path: string | undefined, { json }: { readonly json?: boolean }): Promise<void> {
  if (existsSync(FILE)) throw new InputError(`there is an ${FILE} already; change that, or move it away`)
  const columns = path === undefined ? [] : await numericColumns(path)
  await writeWhole(FILE, template(path ?? 'data.csv', columns))
  const next = `${commandName()} train`
  print(json ? { json } : {}, { config: FILE, next }, () => [`Written: ${FILE}. Look it through, then: ${next}`])
}

/** The columns of a table that can be forecast. */
async function numericColumns(path: string): Promise<string[]> {
  const table = await readData({ path })
  const columns = table.columns.filter((column) => table.kind(column) === 'number')
  if (columns.length === 0) throw new InputError(`'${path}' has no column of numbers to forecast`)
  return columns
}

/** A value as TypeScript writes it. */
function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`
  return typeof value === 'string' && !/['\\\n]/.test(value) ? `'${value}'` : JSON.stringify(value)
}

/** Options at their defaults stand as comments: what is left away stays with the defaults of the version at hand. */
function template(data: string, columns: readonly string[]): string {
  const [target = 'value'] = columns
  return `import { defineConfig } from 'unrolled'

// What the flags of \`unrolled train\` hold; flags win. Paths are relative to this file.
export default defineConfig({
  data: ${text(data)}, // CSV with a header; rows are put in the order of its first column of dates
  target: ${text(target)}, // column to forecast
  // unit: '°C', // what the target is measured in, for tables and plots
  ${columns.length > 1 ? '' : '// '}inputs: ${text(columns.length > 1 ? columns : [target])}, // columns the model sees

  // past: ${defaults.past}, // rows the model sees
  // horizon: ${defaults.horizon}, // rows it forecasts
  // split: ${text(defaults.split)}, // shares of the rows for training, validation and test, in time
  // scale: ${text(defaults.scale)}, // or 'minmax', 'none': fitted on the training rows alone

  // cell: ${text(defaults.cell)}, // or gru, rnn, mgu, minGru …
  // hidden: ${defaults.hidden}, // units of a layer
  // layers: ${defaults.layers}, // layers on one another
  // keep: ${text(defaults.keep)}, // states kept for the way back; 'sqrt' takes less memory and more time

  // epochs: ${defaults.epochs}, // times over the training windows
  // batch: ${defaults.batch}, // windows in a step
  // accumulate: ${defaults.accumulate}, // batches in a step
  // optimizer: ${text(defaults.optimizer)}, // or adamW, rmsprop, adagrad, sgd (with momentum)
  // learningRate: ${defaults.learningRate}, // its rate, or the highest of a schedule
  // schedule: ${text(defaults.schedule)}, // or cosine, exponential, oneCycle, plateau
  // warmup: ${defaults.warmup}, // steps that climb to the rate, with cosine
  // weightDecay: ${defaults.weightDecay}, // pull towards zero
  // patience: ${defaults.patience}, // epochs without a better validation loss that end training; 0: never
  // clipNorm: ${defaults.clipNorm}, // the longest a gradient may be
  // seed: ${defaults.seed}, // decides every random choice

  // out: 'runs/mine', // run folder to write
  // sweep: { hidden: [16, 32, 64] }, // what unrolled sweep tries; also integers(7, 56), uniform(0, 1), logUniform(1e-4, 1e-2)
})
`
}
