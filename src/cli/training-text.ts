import { basename } from 'node:path'
import { inferStep, showTime, type WindowedData } from '../data/index.ts'
import { buildLayers } from '../layers/index.ts'
import type { Checkpoint } from '../tasks/checkpoint.ts'
import { type Forecaster, forecasterMemory, stepSeconds } from '../tasks/forecaster.ts'
import type { Report } from '../tasks/report.ts'
import type { Plan } from '../tasks/run-folder.ts'
import { duration, style, wrapped } from './output.ts'

/** What is about to be trained: data, windows, model, memory, steps and about how long they take. */
export async function introduction(forecaster: Forecaster, from?: Checkpoint | undefined): Promise<string[]> {
  const { data, model, options } = forecaster
  const { spec, table } = data
  const { target, past, horizon, cell, hidden, layers, epochs, batch, accumulate } = options
  const span = spec.timeColumn === undefined ? '' : `, ${spanOf(data, spec.timeColumn)}`
  const { kernels } = model
  const memory = forecasterMemory(forecaster)
  const steps = epochs * Math.ceil(data.train.count / (batch * accumulate))
  const done = from?.state?.numbers.trainer.steps ?? 0
  const left = (steps - done) * (await stepSeconds(forecaster))
  return [
    `${style('bold', basename(table.name))}: ${table.rowCount} rows${span}${data.sorted ? ' (sorted by time)' : ''}`,
    ...wrapped(`${past} rows of ${spec.inputs.join(', ')} → ${horizon} of ${target}`),
    `${data.train.count} windows to train, ${data.validation.count} to validate, ${data.test.count} to test`,
    ...wrapped(
      `${layers === 1 ? '' : `${layers} × `}${cell} of ${hidden} units and a dense layer of ${horizon}, ${model.size} weights, ` +
        `${kernels.tier} kernels, ${threadsOf(kernels.threads)}`,
    ),
    ...wrapped(
      `at most ${mebi(memory.total)} of memory, ${mebi(memory.activations)} of it for what a step keeps${
        options.keep === 'sqrt' ? '' : ` (${mebi(forecasterMemory(forecaster, 'sqrt').activations)} with --keep sqrt)`
      }`,
    ),
    done === 0
      ? `${steps} steps in ${epochs} epochs, about ${duration(left)}`
      : `${steps - done} of ${steps} steps are left, about ${duration(left)}`,
  ]
}

const threadsOf = (threads: number) => (threads === 1 ? 'one thread' : `${threads} threads`)
const mebi = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** What a report tells of the model and what it ran on. */
export function factsOf({ model, options }: Forecaster, { versions, kernels, data }: Plan): Report['facts'] {
  const { architecture, size } = model
  let shape = buildLayers([], architecture).inputShape
  const layers = model.layers.map((layer, i) => {
    const { output, parameters } = layer.build(shape)
    shape = output
    const count = parameters.reduce((sum, parameter) => sum + parameter.shape.reduce((all, n) => all * n, 1), 0)
    const kind = layer.config.kind === 'recurrent' ? String(layer.config.cell) : layer.config.kind
    return [`layer ${i}`, `${kind}, ${count.toLocaleString('en')} weights, gives ${JSON.stringify(output)}`] as const
  })
  const { optimizer, learningRate, schedule, batch, accumulate, clipNorm, seed } = options
  return [
    ...layers,
    ['weights', size.toLocaleString('en')],
    [
      'training',
      `${optimizer}, ${schedule} rate ${learningRate}, batches of ${batch * accumulate}, gradients of at most ${clipNorm}`,
    ],
    ['seed', String(seed)],
    ['kernels', `${kernels}, ${threadsOf(model.kernels.threads)}`],
    [
      'versions',
      Object.entries(versions)
        .map(([name, at]) => `${name} ${at}`)
        .join(', '),
    ],
    ['data', `sha256 ${data.sha256}`],
  ]
}

/** The parts of the windows, and when their targets begin and end. */
export function splitOf({ train, validation, test, table, spec }: WindowedData): Report['split'] {
  const { timeColumn, horizon } = spec
  const times = timeColumn === undefined ? undefined : table.dates(timeColumn)
  return Object.entries({ train, validation, test }).map(([name, set]) => {
    if (!times || set.count === 0) return { name, rows: set.count }
    const [first, last] = [set.origin(0) + 1, set.origin(set.count - 1) + horizon]
    return { name, rows: set.count, from: showTime(times[first]!), to: showTime(times[last]!) }
  })
}

function spanOf({ table }: WindowedData, timeColumn: string): string {
  const times = table.dates(timeColumn)
  const step = inferStep(times)
  const every = step ? `, one every ${step.label}` : ''
  return `${showTime(times[0]!)} to ${showTime(times.at(-1)!)}${every}`
}
