import { basename } from 'node:path'
import { type Panel, showTime, type WindowedData } from '../data/index.ts'
import { buildLayers } from '../layers/index.ts'
import type { Checkpoint } from '../tasks/checkpoint.ts'
import { type Forecaster, forecasterMemory, stepSeconds } from '../tasks/forecaster.ts'
import type { Report } from '../tasks/report.ts'
import type { Plan } from '../tasks/run-folder.ts'
import { headWords, knownWords, scalingWords, strategyWords } from './model-words.ts'
import { counted, duration, style, wrapped } from './output.ts'
import { inUnit } from './scores.ts'

/** What is about to be trained: data, windows, model, memory, steps and about how long they take. */
export async function introduction(forecaster: Forecaster, from?: Checkpoint | undefined): Promise<string[]> {
  const { data, model, options, training } = forecaster
  const { panel, train, validation, test, spec } = data
  const { past, horizon, epochs, batch, accumulate, windows } = options
  const { kernels } = model
  const memory = forecasterMemory(forecaster)
  const sparing = forecasterMemory(forecaster, 'sqrt').activations
  const less = sparing < 0.9 * memory.activations ? ` (${mebi(sparing)} with --keep sqrt)` : ''
  const learned = windows > 0 ? Math.min(windows, training.train.count) : training.train.count
  const steps = epochs * Math.ceil(learned / (batch * accumulate))
  const done = from?.state?.numbers.trainer.steps ?? 0
  const left = (steps - done) * (await stepSeconds(forecaster))
  const sorted = panel.sorted ? ' (sorted by time)' : ''
  return [
    `${style('bold', basename(panel.table.name))}: ${panel.table.rowCount} rows${spanOf(panel)}${sorted}`,
    ...[...panel.table.notes, ...panel.notes].flatMap((note) => wrapped(note, '  ')),
    '',
    ...wrapped(`${past} rows of ${spec.inputs.join(', ')} → ${horizon} of ${inUnit(options)}`),
    ...knownWords(options).flatMap((known) => wrapped(`known ahead: ${known}`, '  ')),
    ...scalingWords(options).flatMap((scaling) => wrapped(scaling, '  ')),
    `${train.count} windows to train, ${validation.count} to validate, ${test.count} to test`,
    ...wrapped(
      `${strategyWords(options)}, ${model.size} weights, ${kernels.tier} kernels, ${threadsOf(kernels.threads)}`,
    ),
    ...(options.head === 'point' ? [] : wrapped(`says of each row ${headWords(options)}`, '  ')),
    ...wrapped(
      `at most ${mebi(memory.total)} of memory, ${mebi(memory.activations)} of it for what a step keeps${less}`,
    ),
    done === 0
      ? `${counted(steps, 'step')} in ${counted(epochs, 'epoch')}, about ${duration(left)}`
      : `${steps - done} of ${steps} steps are left, about ${duration(left)}`,
  ]
}

const threadsOf = (threads: number) => (threads === 1 ? 'one thread' : `${threads} threads`)
const mebi = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** What a report tells of the model and what it ran on. */
export function factsOf(
  { model, options, data: { panel } }: Forecaster,
  { versions, kernels, data }: Plan,
): Report['facts'] {
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
    ['model', strategyWords(options)],
    ['says of each row', headWords(options)],
    ...knownWords(options).map((known) => ['known ahead', known] as const),
    ...scalingWords(options).map((scaling) => ['scaling', scaling] as const),
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
    ...[...panel.table.notes, ...panel.notes].map((note, i) => [i === 0 ? 'data' : '', note] as const),
    ['data file', `sha256 ${data.sha256}`],
  ]
}

/** The parts of the windows, and when their targets begin and end, over all series. */
export function splitOf({ train, validation, test, panel, spec }: WindowedData): Report['split'] {
  const { timeColumn, horizon } = spec
  const times = timeColumn === undefined ? undefined : panel.table.dates(timeColumn)
  return Object.entries({ train, validation, test }).map(([name, set]) => {
    if (!times || set.count === 0) return { name, rows: set.count }
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = 0; i < set.count; i++) {
      const origin = set.origin(i)
      from = Math.min(from, times[origin + 1]!)
      to = Math.max(to, times[origin + horizon]!)
    }
    return { name, rows: set.count, from: showTime(from), to: showTime(to) }
  })
}

/** From the first time of all series to the last. */
function spanOf({ table, timeColumn, series }: Panel): string {
  if (timeColumn === undefined) return ''
  const times = table.dates(timeColumn)
  const from = series.reduce((least, { start }) => Math.min(least, times[start]!), Number.POSITIVE_INFINITY)
  const to = series.reduce((most, { end }) => Math.max(most, times[end - 1]!), Number.NEGATIVE_INFINITY)
  return `, ${showTime(from)} to ${showTime(to)}`
}
