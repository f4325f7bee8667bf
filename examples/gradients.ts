import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { fit, InputError, type Samples, sgd } from 'unrolled'
import { type Contestant, contestants } from './gradients/contestants.ts'
import { draw, type TrainingPoint } from './gradients/picture.ts'
import { firstAskedLast } from './gradients/task.ts'

const help = `Vanishing and exploding gradients, and what leaks, skips, gates and clipping do about them, as one picture: what came first is
asked for last.

  npm run example -- gradients
  npm run example -- gradients --steps 150 --seeds 3 --out mine.svg

  --steps 100     of a sequence          --epochs 14   over the samples, 32 an update
  --units 32      of every cell          --seeds 2     runs of each cell with clipping, and without
  --samples 2048                         --out docs/gradients.svg`

const clipNorm = 1
const unclipped = 'without clipping'
const clipped = `clipped to a norm of ${clipNorm}`
/** Updates that become one point of the picture. */
const together = 8

export async function main(args: string[]): Promise<void> {
  if (args.includes('--help')) return console.log(help)
  const { steps, units, samples, epochs, seeds, out } = optionsOf(args)
  const { train, sample } = firstAskedLast(samples, steps)
  const cells = contestants(units, steps)
  const started = performance.now()

  const flows = cells.map((cell) => {
    tell(`before training: ${cell.name}`)
    return { cell: cell.name, ...cell.flow(sample) }
  })
  const runs = cells.flatMap((cell) =>
    [unclipped, clipped].flatMap((clipping) =>
      Array.from({ length: seeds }, (_, seed) => ({ cell, clipping, seed: seed + 1 })),
    ),
  )
  const training: TrainingPoint[] = []
  const begun = performance.now()
  for (const [i, run] of runs.entries()) {
    const left = i === 0 ? '' : `, ${Math.ceil(((performance.now() - begun) / i) * (runs.length - i) * 1e-3)} s left`
    tell(`training ${i + 1} of ${runs.length}: ${run.cell.name}, ${run.clipping}${left}`)
    training.push(...(await curve(run.cell, train, epochs, run.clipping, run.seed)))
  }
  tell()

  const svg = await draw({
    title: `What came first is asked for last, ${steps} steps later`,
    cells: cells.map(({ name }) => name),
    flow: flows.flatMap(({ cell, loss }) => loss.map((norm, t) => ({ cell, step: t + 1, norm }))),
    turns: flows.flatMap(({ cell, loss, stepsBack }, i) => {
      if (stepsBack === undefined) return []
      const norm = loss[steps - 1 - stepsBack]!
      const side = loss[0]! > norm ? 'above' : i === 0 ? 'right' : 'left'
      return [{ cell, step: steps - stepsBack, norm, words: `${stepsBack} steps back`, side } as const]
    }),
    training,
    clippings: [unclipped, clipped],
    clipNorm,
  })
  await writeFile(out, svg)
  for (const { cell, verdict } of flows) console.log([cell, `  ${verdict}`, ...ends(training, cell)].join('\n'))
  console.log(`\n${out}, in ${((performance.now() - started) / 1000).toFixed(0)} s`)
}

/** How a cell's runs ended, a line for each way of clipping. */
const ends = (training: readonly TrainingPoint[], cell: string) =>
  [unclipped, clipped].map((clipping) => {
    const own = training.filter((point) => point.cell === cell && point.clipping === clipping)
    const final = own.filter(({ seed }, i) => own[i + 1]?.seed !== seed)
    const losses = final.map(({ loss, broke }) => (broke ? 'no number' : loss.toFixed(3)))
    const norm = Math.max(...own.map((point) => point.norm))
    return `  ${clipping}: loss ${losses.join(', ')}; largest norm ${norm.toPrecision(2)}`
  })

/** A model trained from the start. What stops being a number ends its run there. */
async function curve({ name: cell, init }: Contestant, train: Samples, epochs: number, clipping: string, seed: number) {
  let broke = false
  const updates: { loss: number; gradientNorm: number }[] = []
  const options = {
    epochs,
    batch: 32,
    optimizer: sgd(0.1),
    seed,
    ...(clipping === clipped ? { clipNorm } : {}),
    onStep: (update: { loss: number; gradientNorm: number }) => updates.push(update),
  }
  try {
    for await (const _ of fit(init(seed), { train }, options));
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    broke = true
    tell()
    process.stderr.write(`${cell}, ${clipping}, seed ${seed}: ${error.message}\n`)
  }
  const points = Math.ceil(updates.length / together)
  return Array.from({ length: points }, (_, i): TrainingPoint => {
    const some = updates.slice(i * together, (i + 1) * together)
    return {
      cell,
      clipping,
      seed,
      update: i * together + some.length,
      loss: some.reduce((sum, { loss }) => sum + loss, 0) / some.length,
      norm: Math.max(...some.map(({ gradientNorm }) => gradientNorm)),
      broke: broke && i === points - 1,
    }
  })
}

/** A line on stderr that the next one takes the place of. */
function tell(line = ''): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
  else if (line) process.stderr.write(`${line}\n`)
}

function optionsOf(args: string[]) {
  const defaults = { steps: 100, units: 32, samples: 2048, epochs: 14, seeds: 2 }
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args,
    options: {
      steps: text,
      units: text,
      samples: text,
      epochs: text,
      seeds: text,
      out: { ...text, default: 'docs/gradients.svg' },
    },
  })
  const whole = (name: keyof typeof defaults) => {
    const value = Number(values[name] ?? defaults[name])
    if (Number.isSafeInteger(value) && value >= 1) return value
    throw new InputError(`--${name}: expected a whole number of at least 1, got ${values[name]}`)
  }
  const [steps, units, samples] = [whole('steps'), whole('units'), whole('samples')]
  return { steps, units, samples, epochs: whole('epochs'), seeds: whole('seeds'), out: values.out }
}
