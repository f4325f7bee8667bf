/**
 * `npm run bench`: rows by Unrolled and by peers in turn, in one run (A B A B), medians and ratios, beside the machine's own
 * limit. A table as it goes, all of it as JSON in bench/results. `--help` tells the flags.
 */
import { parseArgs } from 'node:util'
import { build, install as ready, stop } from '../scripts/ready.mjs'
import { install, installed, measure, measureOurs, peers } from './peers.mjs'
import { keep, machine } from './results.mjs'
import { heading, notes, tableRow } from './table.mjs'

const help = `npm run bench -- [flags]

  --ours            Unrolled alone, in about a minute
  --peers NAMES     of ${Object.keys(peers).join(', ')}; or all
                    (default: pytorch, and those installed; named ones are installed)
  --rows IDS        such as a,b,f1 (default: every row)
  --threads COUNTS  such as 1 or 1,2 (default: 1,2)
  --seconds N       for a row by one side in one turn (default: 4; 1 with --ours)
  --python PATH     a Python, with PyTorch or to make one with it (default: python3)
  --json            print the result as JSON and nothing else on stdout
`
const options = {
  ours: { type: 'boolean', default: false },
  peers: { type: 'string' },
  rows: { type: 'string' },
  threads: { type: 'string', default: '1,2' },
  seconds: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}
const flags = parsed()
if (flags.help) {
  console.log(help)
  process.exit()
}
const seconds = Number(flags.seconds ?? (flags.ours ? 1 : 4))
const threadCounts = flags.threads.split(',').map(Number)
if (!(seconds > 0)) stop(`--seconds: expected a number above 0, got '${flags.seconds}'`)
if (!threadCounts.every((count) => Number.isInteger(count) && count > 0))
  stop(`--threads: expected whole numbers such as 1,2, got '${flags.threads}'`)

ready()
build()
const [{ rows }, { median }, { higher, machinePeak }] = await Promise.all([
  import('./rows.mjs'),
  import('../dist/tasks/bench.js'),
  import('./peak.mjs'),
])
const ids = rows.map(({ id }) => id)
const chosen = named('--rows', flags.rows, ids)
const against = flags.ours ? [] : chosenPeers()
const say = (line) => flags.json || console.log(line)
const tell = (text) => process.stderr.isTTY && process.stderr.write(`\r\u001b[2K${text}`)

let peak = machinePeak()
const wider = peak.wider ? `; ${peak.wider} with 512` : ''
say(`${machine().processor}, ${machine().cores} cores; Node ${process.versions.node}`)
say(`Limit of a core: ${peak.gigaflops ?? '–'} GFLOP/s (${peak.by}${wider})\n`)
say(heading(against))
const results = []
for (const row of rows.filter(({ id }) => chosen.includes(id)))
  for (const threads of threadCounts) {
    const result = compared(row, threads)
    results.push(result)
    tell('')
    say(tableRow(result, against))
  }
peak = higher(peak, machinePeak())
for (const result of results) result.share = shareOf(result)
const { document, file } = keep('rows', { machine: { ...machine(), peak }, seconds, results })
for (const line of notes(results)) say(line)
if (flags.json) console.log(JSON.stringify(document, undefined, 1))
else console.error(`\nKept in ${file}`)

/** A row by all sides in turn, twice; ours alone once. */
function compared(row, threads) {
  const sides = ['ours', ...against.filter((name) => !peers[name].single || threads === threadCounts[0])]
  const answers = Object.fromEntries(sides.map((name) => [name, { times: [] }]))
  for (let turn = 0; turn < (against.length > 0 ? 2 : 1); turn++)
    for (const name of sides) {
      if (answers[name].unsupported) continue
      tell(`row ${row.id}, ${threads} threads, turn ${turn + 1}: ${name}`)
      const answer =
        name === 'ours' ? measureOurs(row, threads, seconds) : measure(name, row, threads, seconds, flags.python)
      if (answer.unsupported) answers[name] = answer
      else answers[name] = { times: [...answers[name].times, ...answer.times], versions: answer.versions }
    }
  const { ours, ...others } = Object.fromEntries(sides.map((name) => [name, summary(answers[name])]))
  for (const other of Object.values(others))
    if (ours.milliseconds && other.milliseconds) other.ratio = ours.milliseconds / other.milliseconds
  const gigaflops = ours.milliseconds && row.flops / ours.milliseconds / 1e6
  return { ...row, threads, gigaflops, share: shareOf({ gigaflops, threads }), ours, peers: others }
}

function shareOf({ gigaflops, threads }) {
  return gigaflops && peak.gigaflops ? gigaflops / peak.gigaflops / threads : undefined
}

function summary({ times, versions, unsupported }) {
  return unsupported ? { unsupported } : { milliseconds: median(times), timed: times.length, versions }
}

function chosenPeers() {
  const names = Object.keys(peers)
  const wanted =
    flags.peers === undefined
      ? names.filter((name) => name === 'pytorch' || installed(name, flags.python))
      : named('--peers', flags.peers === 'all' ? undefined : flags.peers, names)
  return wanted.filter((name) => {
    try {
      install(name, flags.python)
      return true
    } catch (error) {
      console.error(`${peers[name].title} is left out: its installation failed (${error.message.split('\n')[0]}).`)
      return false
    }
  })
}

/** The names in a flag, all of them where it is absent. */
function named(flag, text, known) {
  const names = text === undefined ? known : text.split(',')
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) stop(`${flag}: '${unknown}' is none of ${known.join(', ')}`)
  return names
}

function parsed() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    stop(`${error.message}\n\n${help}`)
  }
}
