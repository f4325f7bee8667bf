/** Results as text: for the terminal and, as Markdown, for the documents. */
import { peers } from './peers.mjs'

/** Streaming steps are told in microseconds, all others in milliseconds. */
const timeOf = ({ kind }, { milliseconds }) => {
  if (milliseconds === undefined) return '–'
  const value = kind === 'streaming' ? 1000 * milliseconds : milliseconds
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0
  return `${value.toFixed(digits)}${kind === 'streaming' ? ' µs' : ''}`
}
const peerCell = (result, name) => {
  const peer = result.peers[name] ?? {}
  return peer.ratio ? `${timeOf(result, peer)} (${peer.ratio.toFixed(2)})` : timeOf(result, peer)
}
const cells = (result, names) => [
  String(result.threads),
  timeOf(result, result.ours),
  result.gigaflops?.toFixed(result.gigaflops < 10 ? 1 : 0) ?? '–',
  result.share === undefined ? '–' : `${(100 * result.share).toFixed(0)} %`,
  ...names.map((name) => peerCell(result, name)),
]
const columns = (names) => ['threads', 'Unrolled', 'GFLOP/s', 'of limit', ...names.map((name) => peers[name].title)]
const padded = (texts) => texts.map((text, i) => text.padStart(i < 4 ? 9 : 17)).join('')

/** The heading of the terminal's table: milliseconds a step, and for a peer in brackets ours over theirs. */
export const heading = (names) => `${'row'.padEnd(4)}${padded(columns(names))}`

/** A row of the terminal's table. */
export const tableRow = (result, names) => `${result.id.padEnd(4)}${padded(cells(result, names))}   ${result.work}`

/** Below a table: what each side is, and why a place is empty. */
export function notes(results) {
  const names = compared(results)
  const brackets = names.length > 0 ? '; in brackets ours ÷ theirs, below 1 where Unrolled is faster' : ''
  const lines = ['', `Milliseconds a step, medians${brackets}.`, '']
  for (const name of ['ours', ...names]) {
    const said = grouped(results, (result) => describe(name === 'ours' ? result.ours : result.peers[name]))
    for (const [text, ids] of said) lines.push(`- ${peers[name]?.title ?? 'Unrolled'}: ${text} (${ids})`)
  }
  return lines
}

/** What rows have in common, with the names of those rows. */
function grouped(results, textOf) {
  const groups = new Map()
  for (const result of results) {
    const text = textOf(result)
    if (text !== undefined) groups.set(text, [...(groups.get(text) ?? []), result.id])
  }
  return [...groups].map(([text, ids]) => [text, [...new Set(ids)].join(', ')])
}

function describe(side) {
  if (side === undefined) return undefined
  if (side.unsupported) return side.unsupported
  const { threads: _, variants, ...versions } = side.versions
  const parts = Object.entries(versions).map(([name, value]) => `${name} ${value}`)
  const failures = Object.entries(variants ?? {}).filter(([, seen]) => typeof seen === 'string')
  return [...parts, ...failures.map(([name, reason]) => `${name}: ${reason}`)].join(', ')
}

/** A line of a Markdown table. */
export const tableLine = (texts) => `| ${texts.join(' | ')} |`

/** Results as a Markdown table. */
export function markdown(results) {
  const names = compared(results)
  const header = ['row', ...columns(names)]
  let before
  const body = results.map((result) => {
    const name = result.id === before ? '' : `${result.id}: ${result.work}`
    before = result.id
    return tableLine([name, ...cells(result, names)])
  })
  return [tableLine(header), `|${'---|'.repeat(header.length)}`, ...body]
}

/** The peers that any of the results has. */
const compared = (results) => Object.keys(peers).filter((name) => results.some((result) => result.peers[name]))
