import type { ForecasterOptions } from './forecaster-options.ts'
import type { Space } from './sweep/space.ts'

/** What `unrolled.config.ts` holds: what the flags of `train` hold, by the same names. Flags win over it. */
export interface Config extends Partial<ForecasterOptions> {
  /** The data file, relative to the config's folder. */
  readonly data?: string
  /** A query in place of it; `url` is the data base it goes to, DuckDB in memory unless given. */
  readonly sql?: string
  readonly url?: string
  /** The zone of clocks that name none, as `Europe/Rome`; UTC unless given. */
  readonly timezone?: string
  /** The run folder to write, relative to the config's folder. */
  readonly out?: string
  /** What `unrolled sweep` tries. */
  readonly sweep?: Space
}

/** A config as it is, for an editor to complete and check. */
export const defineConfig = (config: Config): Config => config
