export type { Activation, Clip } from './activations.ts'
export { builtInCells } from './built-in.ts'
export {
  type Cell,
  type CellOptions,
  type CellSpec,
  type Convention,
  defineCell,
  type PreviousState,
} from './define.ts'
export { equations } from './equations.ts'
export { type CellNoise, expectedCell, noisyCell } from './noise.ts'
export * from './standard.ts'
