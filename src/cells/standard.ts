export { gru } from './gru.ts'
export { leaky } from './leaky.ts'
export { lstm } from './lstm.ts'
export { rnn } from './rnn.ts'
