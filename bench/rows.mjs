/**
 * What is measured, on made-up numbers in float32; `src/tasks/bench-rows.ts` says what a row's fields mean and how its
 * operations are counted. The loss is the mean square of the outputs, or cross-entropy where there are classes.
 */
import { benchRows, benchRow as row } from '../dist/tasks/bench-rows.js'

const characters = { layers: 2, classes: 65, head: 65, loss: 'crossEntropy' }

export const rows = [
  ...benchRows,
  row('c', '2 x LSTM B64 T50 I512 H512', 'lstm', [64, 50, 512, 512], { layers: 2 }),
  row('e', 'characters: 65 one-hot, 2 x LSTM B50 T100 H256, softmax', 'lstm', [50, 100, 65, 256], characters),
  row('f1', 'streaming, LSTM I8 H64', 'lstm', [1, 1, 8, 64], { kind: 'streaming', repeat: 200 }),
  row('f2', 'streaming, LSTM I8 H256', 'lstm', [1, 1, 8, 256], { kind: 'streaming', repeat: 50 }),
  row('i1', 'DeepBench LSTM 512 B16 T25', 'lstm', [16, 25, 512, 512]),
  row('i2', 'DeepBench LSTM 1024 B32 T25', 'lstm', [32, 25, 1024, 1024]),
  row('i3', 'DeepBench LSTM 256 B32 T150', 'lstm', [32, 150, 256, 256]),
  row('i4', 'DeepBench LSTM 1536 B8 T50', 'lstm', [8, 50, 1536, 1536]),
  row('i5', 'DeepBench GRU 512 B32 T1', 'gru', [32, 1, 512, 512]),
  row('i6', 'DeepBench GRU 1024 B32 T150', 'gru', [32, 150, 1024, 1024]),
  row('i7', 'DeepBench RNN (relu) 1760 B16 T50', 'rnn', [16, 50, 1760, 1760]),
].sort((one, other) => (one.id < other.id ? -1 : 1))
