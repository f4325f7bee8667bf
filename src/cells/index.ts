export { builtInCells } from './built-in.ts'
export { type Cell, type CellOptions, type CellSpec, type Convention, defineCell } from './define.ts'
export { equations } from './equations.ts'
export { gru, leaky, lstm, rnn } from './standard.ts'
