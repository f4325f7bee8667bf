/**
 * What is measured. Training is forward, full back-propagation through time and Adam, float32, on random numbers; the loss
 * is the mean square of the outputs (of the last step through a dense layer of 1 where `last`). Inference is forward alone.
 * `flops` counts the multiply-adds of all products of a step twice: 2·G·H·(I+H) a sequence and step, three times in training.
 */
const row = (id, work, cell, batch, steps, inputs, hidden, more = {}) => {
  const { layers = 1, training = true } = more
  const gates = { lstm: 4, gru: 3, rnn: 1, own: 4 }[cell]
  const perStep = Array.from({ length: layers }, (_, l) => 2 * gates * hidden * ((l === 0 ? inputs : hidden) + hidden))
  const flops = perStep.reduce((sum, f) => sum + f, 0) * batch * steps * (training ? 3 : 1)
  return { id, work, cell, batch, steps, inputs, hidden, layers, training, flops, ...more }
}

export const rows = [
  row('a', 'LSTM B32 T24 I8 H64, last step to 1', 'lstm', 32, 24, 8, 64, { last: true }),
  row('b', 'LSTM B64 T100 I64 H256', 'lstm', 64, 100, 64, 256),
  row('c', '2 x LSTM B64 T50 I512 H512', 'lstm', 64, 50, 512, 512, { layers: 2 }),
  row('d', 'GRU B64 T100 I64 H256', 'gru', 64, 100, 64, 256),
  row('g', 'inference, LSTM B64 T100 I64 H256', 'lstm', 64, 100, 64, 256, { training: false }),
  row('h', "as b, the LSTM written as a cell of one's own", 'own', 64, 100, 64, 256),
  row('i1', 'DeepBench LSTM 512 B16 T25', 'lstm', 16, 25, 512, 512),
  row('i2', 'DeepBench LSTM 1024 B32 T25', 'lstm', 32, 25, 1024, 1024),
  row('i3', 'DeepBench LSTM 256 B32 T150', 'lstm', 32, 150, 256, 256),
  row('i4', 'DeepBench LSTM 1536 B8 T50', 'lstm', 8, 50, 1536, 1536),
  row('i5', 'DeepBench GRU 512 B32 T1', 'gru', 32, 1, 512, 512),
  row('i6', 'DeepBench GRU 1024 B32 T150', 'gru', 32, 150, 1024, 1024),
  row('i7', 'DeepBench RNN (relu) 1760 B16 T50', 'rnn', 16, 50, 1760, 1760),
]
