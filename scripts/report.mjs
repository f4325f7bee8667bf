/**
 * `node scripts/report.mjs [--check]`: writes the tables of docs/performance.md from bench/results, and those of docs/results.md
 * from examples/results; the prose stays. A table stands between `<!-- table FILE.json -->`, with `rows=a,b` for some of its
 * rows, and `<!-- end -->`. With `--check` it writes nothing and fails where a table is not what its file says.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { markdown, notes, tableLine } from '../bench/table.mjs'

const tables = {
  rows(document, ids) {
    const { peak } = document.machine
    const results = document.results.filter(({ id }) => ids?.includes(id) ?? true)
    const wider = peak.wider ? `; ${peak.wider.toFixed(0)} with 512` : ''
    const limit = peak.gigaflops
      ? `Limit of a core: ${peak.gigaflops.toFixed(0)} GFLOP/s of multiply-adds in registers (${peak.by}${wider}).`
      : 'The limit of a core was not measured.'
    return [about(document), limit, '', ...markdown(results), ...notes(results)]
  },
  scaling(document) {
    const { versions, least, results } = document
    const rows = results.flatMap(({ by, fixed, points, time, memory, bytesPerUnitStep }) => [
      ...points.map(({ size, milliseconds, bytes }) =>
        tableLine([`${by} = ${size}, ${by === 'T' ? 'B' : 'T'} = ${fixed}`, milliseconds.toFixed(1), mega(bytes)]),
      ),
      tableLine([
        `line over ${by}`,
        `${time.slope.toFixed(3)}·${by} ${signed(time.intercept)}, R² ${time.r2.toFixed(5)}`,
        `R² ${memory.r2.toFixed(5)}, ${(bytesPerUnitStep / 4).toFixed(2)} floats a unit and step`,
      ]),
    ])
    const setting = `${versions.kernels} kernels, threads ${versions.threads}.`
    const needs = `Back-propagation through an LSTM must keep ${(least / 4).toFixed(2)} floats a unit and step: four gates, two states, a share of the input.`
    return [about(document), setting, '', ...header(['', 'ms', 'arena, MB']), ...rows, '', needs]
  },
  mechanism(document) {
    const { versions, sizes, results } = document
    const { batch, steps, inputs, hidden } = sizes
    const rows = results.map(({ what, expected, milliseconds, of, ratio }) =>
      tableLine([what, milliseconds.toFixed(1), of.toFixed(1), ratio.toFixed(2), String(expected)]),
    )
    const setting = `${versions.kernels} kernels, threads ${versions.threads}; LSTM B${batch} T${steps} I${inputs} H${hidden}, training.`
    const columns = ['', 'ms', 'ms of what it stands beside', 'ratio', 'expected']
    return [about(document), setting, '', ...header(columns), ...rows]
  },
  tasks({ results }) {
    const metrics = [...new Set(results.map(({ metric }) => metric))].join(', ')
    const columns = [
      'task',
      'model',
      'parameters',
      'seed',
      'steps',
      'wall time',
      metrics,
      'published',
      'besides',
      'run again by',
    ]
    const rows = results.map((result) => {
      const { task, model, parameters, seed, steps, seconds, test, published = '–', besides = {}, command } = result
      const others = Object.entries(besides).map(([what, value]) => `${what} ${figure(value)}`)
      const figures = [parameters, seed, steps].map(String)
      return tableLine([
        task,
        model,
        ...figures,
        time(seconds),
        figure(test),
        published,
        others.join('; '),
        `\`${command}\``,
      ])
    })
    return [...header(columns), ...rows]
  },
  forecasts({ results }) {
    const columns = [
      'what',
      'metric',
      'mean',
      'each seed',
      'baselines',
      'beside',
      'weights',
      'training',
      'run again by',
    ]
    const rows = results.map(
      ({ what, metric, unit, test, seeds, baselines, goal = '–', parameters, seconds, command }) =>
        tableLine([
          what,
          `${metric}${unit ? `, ${unit}` : ''}`,
          figure(test),
          seeds.map(figure).join(', '),
          Object.entries(baselines)
            .map(([name, value]) => `${name} ${figure(value)}`)
            .join('; '),
          goal,
          String(parameters),
          time(seconds),
          `\`${command}\``,
        ]),
    )
    return [...header(columns), ...rows]
  },
  start(document) {
    const { fromProcess, fromImport, runs } = document
    const row = tableLine([String(runs.length), fromProcess.toFixed(0), fromImport.toFixed(0)])
    return [about(document), '', ...header(['processes', 'ms since the process started', 'ms since `import`']), row]
  },
}

/** The folder of results that a page's tables come from. */
const sources = { 'performance.md': '../bench/results/', 'results.md': '../examples/results/' }
for (const [name, folder] of Object.entries(sources)) {
  const page = new URL(`../docs/${name}`, import.meta.url)
  const text = readFileSync(page, 'utf8')
  const renewed = text.replaceAll(
    /(<!-- table (\S+?)(?: rows=(\S+))? -->)[\s\S]*?(<!-- end -->)/g,
    (_, start, file, rows, end) => {
      const document = JSON.parse(readFileSync(new URL(folder + file, import.meta.url), 'utf8'))
      return `${start}\n\n${tables[document.kind](document, rows?.split(',')).join('\n')}\n\n${end}`
    },
  )
  if (!process.argv.includes('--check')) writeFileSync(page, renewed)
  else if (renewed !== text) {
    console.error(`docs/${name} does not say what its results say; run node scripts/report.mjs`)
    process.exitCode = 1
  }
}

function about({ date, node, machine: { processor, cores } }) {
  return `${date.replace('T', ' ')} UTC, Node ${node}, ${cores} cores of an ${processor}.`
}

function header(titles) {
  return [tableLine(titles), `|${'---|'.repeat(titles.length)}`]
}

/** Three digits that matter. */
function figure(value) {
  if (typeof value !== 'number') return value
  return Math.abs(value) < 0.01 ? value.toExponential(1) : value.toPrecision(value >= 1 ? 4 : 3)
}

function time(seconds) {
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`
}

function mega(bytes) {
  return (bytes / 1e6).toFixed(1)
}

function signed(value) {
  return `${value < 0 ? '-' : '+'} ${Math.abs(value).toFixed(1)}`
}
