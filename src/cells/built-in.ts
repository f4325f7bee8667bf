import type { Cell } from './define.ts'
import { gru } from './gru.ts'
import { leaky } from './leaky.ts'
import { lstm } from './lstm.ts'
import { rnn } from './rnn.ts'

/** The cells that come with the library, by name: what a model file or a command line may ask for. */
export const builtInCells: ReadonlyMap<string, Cell> = new Map(
  ([rnn, lstm, gru, leaky] as unknown as Cell[]).map((cell) => [cell.name, cell]),
)
