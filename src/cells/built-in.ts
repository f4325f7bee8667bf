import type { Cell } from './define.ts'
import * as standard from './standard.ts'

/** The cells that come with the library, by name: what a model file or a command line may ask for. */
export const builtInCells: ReadonlyMap<string, Cell> = new Map(
  (Object.values(standard) as unknown as Cell[]).map((cell) => [cell.name, cell]),
)
