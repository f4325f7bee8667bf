import { existsSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import { hasPart } from '../data/index.ts'
import { chooseTier } from '../kernels/index.ts'
import { dataName, dataSource, readData, requestOf } from '../tasks/data-source.ts'
import { prepareForecaster } from '../tasks/forecaster.ts'
import { type ForecasterOptions, forecasterDefaults } from '../tasks/forecaster-options.ts'
import { choicesOf, edgesOf, gridOf, type Search, searches } from '../tasks/sweep/search.ts'
import { checkSpace, dimensionsOf, rangeOf, type Space } from '../tasks/sweep/space.ts'
import { expectSame, readSweep, rungsOfPlan, type Sweep, type SweepPlan } from '../tasks/sweep/state.ts'
import { readConfig } from './config.ts'
import { type DataFlags, dataAsked } from './data-flags.ts'
import { commandName } from './output.ts'
import { withColumns } from './training-request.ts'

/** The flags of `sweep`, as commander reads them. */
export interface SweepFlags extends Partial<ForecasterOptions>, DataFlags {
  readonly space?: Space
  readonly search?: Search
  readonly trials?: number
  readonly halving?: number
  readonly parallel?: number
  readonly out?: string
  readonly config?: string
  readonly resume?: string
  readonly json?: boolean
}

/** A sweep about to begin, or to go on. */
export interface Asked {
  readonly folder: string
  readonly sweep: Sweep
}

/** A sweep from its config and flags: a new one, or, where its folder has the same one, that as far as it has come. */
export async function declaredSweep(given: string | undefined, flags: SweepFlags): Promise<Asked> {
  const { space: own, search, trials, halving, parallel: _, out, config: file, resume: __, json: ___, ...rest } = flags
  const { sql, url, timezone, spill, ...set } = rest
  const whole = await readConfig(file)
  const { data: _data, sql: _sql, url: _url, timezone: _zone, out: _run, sweep: configured, ...config } = whole
  const request = dataAsked(given, { sql, url, timezone, spill }, whole)
  if (!request)
    throw new InputError(`expected a data file: ${commandName()} sweep data.csv --target column --space hidden=16,32`)
  const space = own ?? configured
  if (space === undefined)
    throw new InputError(
      '--space: expected what to try, such as hidden=16,32, or a sweep: { hidden: [16, 32] } in a config',
    )
  checkSpace(space)
  const twice = Object.keys(set).find((option) => Object.hasOwn(space, option))
  if (twice !== undefined)
    throw new InputError(`${twice} is swept, and set to one value as well; leave one of them away`)
  const table = await readData(request)
  const asked = withColumns({ ...config, ...set }, table)
  const { target } = asked
  if (target === undefined)
    throw new InputError(`--target: expected a column to forecast, one of ${table.columns.join(', ')}`)
  const folder = out ?? join('sweeps', basename(dataName(request), extname(dataName(request))))
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new InputError(`--out: expected a folder, but '${folder}' is a file; choose another name`)
  const options: ForecasterOptions = { ...forecasterDefaults, inputs: [target], ...asked, target }
  // Before any process is begun: every value of the lists, and both ends of the ranges.
  for (const choice of edgesOf(space)) prepareForecaster(table, { ...options, ...choice }, 'reference')
  const { seed } = options
  const way = searchOf(space, search, trials)
  const choices = choicesOf(space, way, { seed, trials: trials ?? 20 })
  const plan: SweepPlan = {
    ...{ options, space, search: way, trials: choices.length, halving },
    data: await dataSource(request, folder, table),
    kernels: chooseTier().tier,
  }
  checkRungs(plan)
  const begun = await readSweep(folder)
  if (begun) expectSame(folder, begun.plan, plan)
  return {
    folder,
    sweep: begun ?? { plan, trials: choices.map((own, i) => ({ trial: i + 1, options: own, rungs: [] })) },
  }
}

/** A sweep that was stopped, as it was asked for then. */
export async function stoppedSweep(given: string | undefined, folder: string, flags: SweepFlags): Promise<Asked> {
  const { resume: _, parallel: __, json: ___, ...others } = flags
  const other = given === undefined ? Object.keys(others)[0] : 'a data file'
  if (other !== undefined)
    throw new InputError(`--resume goes on as the sweep began, with its own options and data; leave ${other} away`)
  const sweep = await readSweep(folder)
  if (!sweep)
    throw new InputError(`--resume: expected the folder of a sweep, but there is no '${join(folder, 'sweep.json')}'`)
  const { data } = sweep.plan
  const request = requestOf(data, folder)
  const now = await dataSource(request, folder, await readData(request))
  expectSame(folder, sweep.plan, { ...sweep.plan, data: now })
  return { folder, sweep }
}

/** How to search: as asked, else all of a space of lists, else by chance. */
function searchOf(space: Space, asked: Search | undefined, trials: number | undefined): Search {
  if (asked !== undefined) expectOneOf('--search', asked, searches)
  if (trials !== undefined) expectWhole('--trials', trials)
  const finite = dimensionsOf(space).every(([, values]) => !rangeOf(values))
  const search = asked ?? (finite && trials === undefined ? 'grid' : 'random')
  if (search === 'grid' && trials !== undefined)
    throw new InputError('--trials: a grid takes all combinations; leave it away, or take --search random')
  const all = finite && search === 'random' ? gridOf(space).length : Number.POSITIVE_INFINITY
  if (all <= (trials ?? 20))
    throw new InputError(`--trials: the space has no more than ${all} combinations; take fewer, or --search grid`)
  return search
}

/** Refuses what a sweep could not choose by, or not in rungs. */
function checkRungs(plan: SweepPlan): void {
  const { options, space, halving } = plan
  if (!hasPart(options.split, 'validation'))
    throw new InputError('split: a sweep chooses on the validation part; give it a share, as in 0.7,0.15,0.15')
  rungsOfPlan(plan)
  const timed = (space.schedule ?? [options.schedule]).find((name) => name !== 'constant' && name !== 'plateau')
  if (halving !== undefined && timed !== undefined)
    throw new InputError(
      `--halving: a ${timed} schedule hangs on the number of epochs, which halving adds to; take constant or plateau`,
    )
}
