import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { InputError, readTable } from 'unrolled'
import {
  baselines,
  calibration,
  prepareForecaster,
  type Score,
  scoreOn,
  trained,
  trainForecaster,
  verdict,
} from 'unrolled/tasks'
import { type Recipe, recipes } from './forecasts/recipes.ts'
import { whole } from './support/cells.ts'
import { dataPath, root } from './support/data.ts'

const names = Object.keys(recipes)

const help = `Real series, each by its own recipe, chosen on validation, trained from several seeds and held beside its baselines on the test part.

  npm run example -- forecasts --set melbourne --seeds 3
  npm run example -- forecasts --set rain --data seattle-weather.csv

The sets are ${names.join(', ')}.`

/** `--learning-rate 0.003` and so on: the same by the command line. */
export const commandOf = ({ file, request }: Recipe): string => {
  const word = (text: string) => (/^[\w./,+-]+$/.test(text) ? text : `'${text}'`)
  const flags = Object.entries(request).map(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`
    if (value === true) return flag
    const values = typeof value === 'object' ? Object.values(value as object) : [value]
    return `${flag} ${word(values.join())}`
  })
  return ['unrolled train', file, ...flags].join(' ')
}

const metricOf = (recipe: Recipe, { metrics }: Score): number | undefined => metrics?.[recipe.metric]
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** What a set came to, as docs/results.md shows it. */
interface Told {
  readonly set: string
  readonly what: string
  readonly metric: string
  readonly unit: string
  /** Of each seed, on the test part. */
  readonly seeds: readonly number[]
  readonly test: number
  readonly baselines: Readonly<Record<string, number>>
  readonly goal?: string | undefined
  /** Of training, a seed. */
  readonly seconds: number
  readonly parameters: number
  readonly command: string
  readonly versions: Readonly<Record<string, string | number>>
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      set: { type: 'string' },
      seeds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      data: { type: 'string' },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(help)
  const recipe = values.set !== undefined && Object.hasOwn(recipes, values.set) ? recipes[values.set]! : undefined
  if (!recipe) throw new InputError(`--set: expected one of ${names.join(', ')}, got '${values.set ?? ''}'`)
  const table = await readTable(dataPath(values.data, recipe.file, recipe.source))
  const first = whole('seed', values.seed, 0)
  const seeds = Array.from({ length: whole('seeds', values.seeds) }, (_, i) => first + i)
  console.error(commandOf(recipe))

  const scores: number[] = []
  let [seconds, told, others] = [0, undefined as Told | undefined, undefined as Score[] | undefined]
  for (const seed of seeds) {
    const forecaster = prepareForecaster(table, { ...recipe.request, seed })
    const { data, model, options } = forecaster
    const best = await trainForecaster(forecaster, {
      onEpoch: (epoch) => {
        seconds += epoch.seconds
      },
    })
    const conformal = calibration(trained(forecaster), data.validation)
    const ready = { ...trained(forecaster), conformal }
    // Baselines are the same for every seed but for the perceptron's start, which is that of the first.
    others ??= scoreOn(ready, data, await baselines(data, options)).slice(1)
    const [own] = scoreOn(ready, data, [])
    const [chosen] = scoreOn(ready, { ...data, test: data.validation }, [])
    scores.push(metricOf(recipe, own!)!)
    const [validation, test] = [metricOf(recipe, chosen!)!, scores.at(-1)!].map((score) => score.toPrecision(4))
    console.error(`seed ${seed}, epoch ${best.epoch}: ${recipe.metric} ${validation} on validation, ${test} on test`)
    console.error(verdict([own!, ...others]))
    const { kernels } = model
    told = {
      ...{ set: values.set!, what: recipe.what, metric: recipe.metric, unit: recipe.unit ?? '', goal: recipe.goal },
      ...{ seeds: scores, test: mean(scores), seconds: Math.round((seconds / scores.length) * 10) / 10 },
      baselines: Object.fromEntries(
        others.flatMap((score) => {
          const value = metricOf(recipe, score)
          return value === undefined ? [] : [[score.name, value]]
        }),
      ),
      parameters: model.size,
      command: `npm run example -- forecasts --set ${values.set}`,
      versions: { node: process.versions.node, kernels: kernels.tier, threads: kernels.threads },
    }
  }
  console.log(JSON.stringify(told, null, 1))
  if (values.record) record(told!)
}

/** Puts what a set came to into `examples/results/forecasts.json`, in place of an earlier one. */
function record(told: Told): void {
  const path = join(root, 'examples/results/forecasts.json')
  const earlier: readonly Told[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).results : []
  const all = [...earlier.filter(({ set }) => set !== told.set), told]
  const results = all.sort((a, b) => names.indexOf(a.set) - names.indexOf(b.set))
  writeFileSync(`${path}.tmp`, `${JSON.stringify({ kind: 'forecasts', results }, null, 1)}\n`)
  renameSync(`${path}.tmp`, path)
}
