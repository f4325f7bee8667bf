import { arch, availableParallelism, cpus, platform } from 'node:os'
import { clearLine, cursorTo } from 'node:readline'
import { expectOneOf, InputError } from '../../base/errors.ts'
import { chooseTier, measurePeak, threadCount } from '../../kernels/index.ts'
import { benchModel, median, timeSteps } from '../../tasks/bench.ts'
import { type BenchRow, benchRows } from '../../tasks/bench-rows.ts'
import { print, round, wrapped } from '../output.ts'
import { tableLines } from '../table.ts'
import { version } from '../version.ts'

/** A row, and what its steps came to. */
interface Timed extends BenchRow {
  /** Steps that were timed, and their median in milliseconds. */
  readonly timed: number
  readonly milliseconds: number
  readonly gigaflops: number
  /** Of what all threads could do; absent where that is not known. */
  readonly share?: number
}

/** The flags of `bench`, as commander reads them. */
export interface BenchFlags {
  readonly seconds: number
  readonly rows?: readonly string[]
  readonly json?: boolean
}

export async function bench({ seconds, rows: ids, json }: BenchFlags): Promise<void> {
  const known = benchRows.map(({ id }) => id)
  for (const id of ids ?? []) expectOneOf('--rows', id, known)
  const chosen = benchRows.filter(({ id }) => ids?.includes(id) ?? true)
  if (!(seconds > 0)) throw new InputError(`--seconds: expected a number above 0, got ${seconds}`)
  const { tier } = chooseTier()
  const threads = threadCount()
  const machine = {
    platform: platform(),
    arch: arch(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  }
  const versions = { unrolled: version, node: process.versions.node }
  tell("the machine's own limit")
  // The reference kernels are no WebAssembly and have no limit to be held against.
  const peak = tier === 'reference' ? undefined : measurePeak(tier, Math.min(seconds, 0.5))
  const rows: Timed[] = []
  for (const [i, row] of chosen.entries()) {
    tell(`${i + 1} of ${chosen.length}: ${row.work}`)
    rows.push(await timed(row, seconds, peak && peak * threads))
  }
  tell('')
  print(json ? { json } : {}, { versions, machine, kernels: tier, threads, peak, seconds, rows }, () => [
    `unrolled ${version}, Node ${versions.node}, ${tier} kernels, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    `${machine.platform} ${machine.arch}, ${machine.processor}, ${machine.cores} cores`,
    ...(peak ? ['', ...wrapped(`Limit: ${round(peak)} GFLOP/s a thread, by multiply-adds in registers.`)] : []),
    '',
    ...tableLines(
      ['', 'forward, back-propagation and Adam', 'ms', 'GFLOP/s', '% of limit'],
      rows.map(({ id, work, milliseconds, gigaflops, share }) => [
        id,
        work,
        round(milliseconds),
        round(gigaflops),
        share === undefined ? '–' : (100 * share).toFixed(0),
      ]),
    ),
  ])
}

/** A row's median step and how near it comes to the limit of all threads. */
async function timed(row: BenchRow, seconds: number, limit: number | undefined): Promise<Timed> {
  const times = await timeSteps(benchModel(row), row, seconds)
  const milliseconds = median(times)
  const gigaflops = row.flops / milliseconds / 1e6
  return { ...row, timed: times.length, milliseconds, gigaflops, ...(limit ? { share: gigaflops / limit } : {}) }
}

/** One line on stderr that the next replaces; silent where that is not a terminal. */
function tell(text: string): void {
  if (!process.stderr.isTTY) return
  clearLine(process.stderr, 0)
  cursorTo(process.stderr, 0)
  process.stderr.write(text)
}
