import type { Command } from 'commander'
import type { Config } from '../tasks/config.ts'
import type { DataRequest } from '../tasks/data-source.ts'

/** The flags that tell where data is read from, besides a file. */
export type DataFlags = Omit<DataRequest, 'path'>

/** Adds the flags that tell where data is read from. */
export const dataFlags = (command: Command): Command =>
  command
    .option(
      '--sql <query>',
      "a query in place of a file: select … from 'data/*.parquet' (DuckDB), or from the data base at --url",
    )
    .option('--url <address>', 'postgres://user@host/base, or the file of a DuckDB data base')
    .option('--spill', 'keep numbers in a temporary file: for a table larger than memory')
    .option('--timezone <name>', 'zone of clocks that name none, as Europe/Rome (default: UTC)')

/** What flags, or a config where they say nothing, tell of where to read; nothing where neither does. */
export function dataAsked(given: string | undefined, flags: DataFlags, config: Config = {}): DataRequest | undefined {
  const timezone = flags.timezone ?? config.timezone
  const spill = flags.spill ? { spill: true } : {}
  const url = flags.url ?? config.url
  if (given !== undefined || flags.sql !== undefined)
    return { path: given, sql: flags.sql, url: flags.sql === undefined ? flags.url : url, timezone, ...spill }
  if (config.data === undefined && config.sql === undefined) return undefined
  return { path: config.data, sql: config.sql, url, timezone, ...spill }
}

/** The words of a command that tell where data is read from. */
export const dataWords = ({ path, sql, url, timezone, spill }: DataRequest): string[] => [
  ...(path === undefined ? [] : [path]),
  ...(spill ? ['--spill'] : []),
  ...Object.entries({ sql, url, timezone }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  ),
]
