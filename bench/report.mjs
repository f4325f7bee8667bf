/**
 * `node bench/report.mjs [--check]`: writes the tables of docs/performance.md from bench/results; the prose stays. A table
 * stands between `<!-- table FILE.json -->`, with `rows=a,b` for some of its rows, and `<!-- end -->`. With `--check` it
 * writes nothing and fails where a table is not what its file says.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { markdown, notes, tableLine } from './table.mjs'

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
  start(document) {
    const { fromProcess, fromImport, runs } = document
    const row = tableLine([String(runs.length), fromProcess.toFixed(0), fromImport.toFixed(0)])
    return [about(document), '', ...header(['processes', 'ms since the process started', 'ms since `import`']), row]
  },
}

const page = new URL('../docs/performance.md', import.meta.url)
const text = readFileSync(page, 'utf8')
const renewed = text.replaceAll(
  /(<!-- table (\S+?)(?: rows=(\S+))? -->)[\s\S]*?(<!-- end -->)/g,
  (_, start, name, rows, end) => {
    const document = JSON.parse(readFileSync(new URL(`results/${name}`, import.meta.url), 'utf8'))
    return `${start}\n\n${tables[document.kind](document, rows?.split(',')).join('\n')}\n\n${end}`
  },
)
if (!process.argv.includes('--check')) writeFileSync(page, renewed)
else if (renewed !== text) {
  console.error('docs/performance.md does not say what bench/results says; run node bench/report.mjs')
  process.exitCode = 1
}

function about({ date, node, machine: { processor, cores } }) {
  return `${date.replace('T', ' ')} UTC, Node ${node}, ${cores} cores of an ${processor}.`
}

function header(titles) {
  return [tableLine(titles), `|${'---|'.repeat(titles.length)}`]
}

function mega(bytes) {
  return (bytes / 1e6).toFixed(1)
}

function signed(value) {
  return `${value < 0 ? '-' : '+'} ${Math.abs(value).toFixed(1)}`
}
