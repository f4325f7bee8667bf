/**
 * Never run: the compiler checks it. Each `@ts-expect-error` states a mistake that must not compile, and is itself an
 * error once it does; what stands beside it without one must compile.
 */

import {
  adamW,
  averagePool1d,
  beamSearch,
  cells,
  conv1d,
  conv2d,
  cosine,
  coverage,
  crossEntropyLoss,
  ctcBeamSearch,
  ctcGreedy,
  ctcLoss,
  defineCell,
  defineConfig,
  dense,
  embedding,
  encoderDecoder,
  fit,
  gaussianLoss,
  globalAveragePool,
  gradientFlow,
  gru,
  integers,
  layerNorm,
  leaky,
  logUniform,
  lstm,
  mase,
  maxPool2d,
  memoryPlan,
  mixtureLoss,
  negativeBinomialLoss,
  type PlainTensor,
  pinball,
  quantileLoss,
  recurrent,
  reduceOnPlateau,
  reliability,
  reshape,
  rnn,
  samplesFrom,
  sequential,
  sgd,
  smape,
  studentTLoss,
  uniform,
  unroll,
} from 'unrolled'
import { meanLossOf } from 'unrolled/autograd'
import { sigmoid, tanh } from 'unrolled/expr'

declare const x: PlainTensor
const weights: Record<string, PlainTensor> = {}

// What unroll gives is named by the cell.
const run = unroll(cells.lstm, { x, weights, state: { h: x, c: x } })
run.gates.forget.data
// @ts-expect-error: the gate is called forget
run.gates.forgte
run.state.c.data
// @ts-expect-error: an LSTM has the states h and c
run.state.cell
run.backward({ y: x, state: { c: x } }).state.c.data
// @ts-expect-error: there is no derivative by a state that does not exist
run.backward({ state: { cell: x } })
// @ts-expect-error: a GRU has no state c
unroll(cells.gru, { x, weights, state: { c: x } })
// @ts-expect-error: a GRU has no forget gate
unroll(cells.gru, { x, weights }).gates.forget
// @ts-expect-error: x is needed
unroll(cells.gru, { weights })
// @ts-expect-error: there are no such kernels
unroll(cells.gru, { x, weights, kernels: 'fastest' })

// What a model shows of a layer is named by the layer's cell.
const memory = lstm(8)
const model = sequential([memory]).init({ inputs: 1 })
const seen = model.inspect(memory, { x })
seen.gates.output.data
// @ts-expect-error: the gate is called output
seen.gates.outptu
seen.state.c.data
// @ts-expect-error: an LSTM has no state s
seen.state.s
// @ts-expect-error: an LSTM has no update gate, though a GRU has
model.inspect(memory, { x }).gates.update
model.inspect(gru(8), { x }).gates.update.data

// So it is inside an encoder-decoder, which shows what it looked at; how gradients flow is asked of any cell.
const reader = gru(4)
const pairing = encoderDecoder({ encoder: [reader], decoder: [memory], steps: 2, start: [0, 0], attention: 'general' })
const paired = sequential([pairing]).init({ inputs: 1 })
paired.inspect(pairing, { x, y: x }).attention.data
// @ts-expect-error: an encoder-decoder shows attention, its cells their gates
paired.inspect(pairing, { x }).gates
paired.inspect(reader, { x, y: x }).gates.update.data
// @ts-expect-error: the gate is called update
paired.inspect(reader, { x }).gates.updtae
gradientFlow(paired, reader, { x, y: x }, { at: 3, loss: 'mae' }).jacobian[0]?.toFixed()
gradientFlow(model, memory, { x, y: x }).verdict.trim()
// @ts-expect-error: it needs a target
gradientFlow(model, memory, { x })
// @ts-expect-error: a number of a step
gradientFlow(model, memory, { x, y: x }, { at: 'last' })
// @ts-expect-error: a recurrent layer
gradientFlow(model, dense(1), { x, y: x })

// Two directions are joined in one of three ways, and shown both.
const both = lstm(8, { bidirectional: 'concat', returns: 'last' })
sequential([both]).init({ inputs: 1 }).inspect(both, { x }).reverse?.gates.forget.data
// @ts-expect-error: how they are joined
lstm(8, { bidirectional: true })

// Chance is said of a cell's own states.
lstm(8, { layers: 2, dropout: 0.2, variational: { input: 0.1, state: 0.2 }, zoneout: { h: 0.1, c: 0.3 } })
gru(8, { zoneout: 0.1, initial: 'learned' })
// @ts-expect-error: a GRU has no state c
gru(8, { zoneout: { c: 0.1 } })
// @ts-expect-error: what cells read is called input
gru(8, { variational: { inputs: 0.1 } })
// @ts-expect-error: zero or learned
gru(8, { initial: 'random' })

// A state goes from batch to batch and to a stream; training may be cut into windows.
const ended = model.advance(x, { lengths: [1] })
model.advance(x, { state: ended.state }).y.data
model.stream({ state: ended.state })
// @ts-expect-error: the whole of what advance gave is not a state
model.advance(x, { state: ended })
memoryPlan(sequential([lstm(8, { checkpoint: 'sqrt' })]), {
  batch: 8,
  steps: 64,
  window: 16,
  inputs: 1,
}).total.toFixed()
// @ts-expect-error: a number of steps or sqrt
lstm(8, { checkpoint: 'all' })

// Sequences to sequences.
const pair = { encoder: [gru(4)], decoder: [gru(4)], steps: 2, start: 0, end: 1 }
const answers = beamSearch(sequential([encoderDecoder(pair)]).init({ inputs: 1 }), x, { beams: 2, lengthPenalty: 1 })
answers[0]?.[0]?.tokens.join()
// @ts-expect-error: dot, general or additive
encoderDecoder({ ...pair, attention: 'luong' })
// @ts-expect-error: what the decoder reads first is needed
encoderDecoder({ encoder: [gru(4)], decoder: [gru(4)], steps: 2 })

// A stream takes a step flat or in rows, and goes on from a state.
using stream = model.stream({ sessions: 2 })
const outputs: Float32Array | Float64Array = stream.push([1, 2])
stream.push([[1], new Float32Array(1)])
model.stream({ state: stream.state }).restore(JSON.parse(JSON.stringify(stream.state)))
outputs.slice()
// @ts-expect-error: numbers
stream.push(['1'])
// @ts-expect-error: a step, not a batch of sequences
stream.push([[[1]]])
// @ts-expect-error: it is restored by restore
stream.state = model.stream().state
// @ts-expect-error: the option is called sessions
model.stream({ session: 2 })

// Memory is asked of a model or of its layers.
memoryPlan(model, { batch: 8, steps: 4 }).total.toFixed()
memoryPlan(sequential([memory]), {
  batch: 8,
  steps: 4,
  inputs: 1,
  optimizer: sgd(0.1),
  loss: 'mae',
}).optimizer.toFixed()
// @ts-expect-error: of how many samples
memoryPlan(model, { steps: 4 })
// @ts-expect-error: there is no such loss
memoryPlan(model, { batch: 8, steps: 4, loss: 'meh' })

// Each layer takes its own cell's options.
gru(8, { reset: 'before', returns: 'last' })
// @ts-expect-error: before or after
gru(8, { reset: 'never' })
// @ts-expect-error: the option of another cell
gru(8, { outputActivation: 'relu' })
lstm(8, { activation: { name: 'leakyRelu', alpha: 0.1 }, recurrentActivation: 'hardSigmoid', clip: 3 })
// @ts-expect-error: relu has no alpha
lstm(8, { activation: { name: 'relu', alpha: 0.1 } })
// @ts-expect-error: leakyRelu has no beta
lstm(8, { activation: { name: 'leakyRelu', beta: 0.1 } })
// @ts-expect-error: there is no such activation
lstm(8, { activation: { name: 'leakyrelu' } })
// @ts-expect-error: a number, or false
lstm(8, { clip: true })
rnn(8, { activation: 'identity', layers: 2 })
// @ts-expect-error: the activation is called tanh
rnn(8, { activation: 'tahn' })
leaky(8, { alpha: 'learned' })
// @ts-expect-error: a number or 'learned'
leaky(8, { alpha: 'fixed' })
// @ts-expect-error: the option of another cell
lstm(8, { reset: 'after' })
// @ts-expect-error: all or last
lstm(8, { returns: 'first' })
cells.gru.with({ reset: 'after' })
// @ts-expect-error: the option is called reset
cells.gru.with({ rest: 'after' })

// A model reads features or tokens, and is trained by a loss of that name.
const tokens = sequential([embedding(65, 8), gru(4)]).init({ inputs: 'tokens' })
// @ts-expect-error: the word is tokens
sequential([gru(4)]).init({ inputs: 'token' })
sequential([embedding(65, 8), gru(8), layerNorm({ epsilon: 1e-6 }), dense(65, { tie: '0.weight' })])
// @ts-expect-error: the name of a parameter
dense(65, { tie: 0 })
sequential([reshape([-1, 28, 1]), conv2d(8, [3, 5], { padding: 'same', activation: 'relu' }), maxPool2d(2)])
sequential([conv1d(8, 3, { stride: 2, dilation: 1 }), averagePool1d(2, { stride: 1 }), globalAveragePool()])
// @ts-expect-error: same, or how much
conv1d(8, 3, { padding: 'valid' })
// @ts-expect-error: pooling has no dilation
averagePool1d(2, { dilation: 2 })
// @ts-expect-error: padding is an id
embedding(65, 8, { padding: 'none' })
const train = samplesFrom({ inputs: x, targets: x, lengths: [1] })
fit(tokens, { train }, { epochs: 1, loss: 'crossEntropy' })
fit(tokens, { train }, { epochs: 1, loss: meanLossOf((prediction, target) => prediction.sub(target)) })
fit(tokens, { train }, { epochs: 1, loss: crossEntropyLoss({ smoothing: 0.1, weights: [1, 2] }) })
const quantiles = quantileLoss([0.1, 0.5, 0.9])
fit(model, { train }, { epochs: 1, loss: quantiles })
model.predict(train, quantiles).data.slice()
gaussianLoss({ scale: 'softplus' })
const mixed = mixtureLoss({ components: 4, of: 'logNormal' })
fit(model, { train }, { epochs: 1, loss: mixed })
mixed.parameters([0]).map((parameter) => parameter.toFixed())
model.predict(train, studentTLoss()).data.slice()
negativeBinomialLoss().parameters([0, 0])
mase([1], [2], [3]) + smape([1], [2]) + pinball(0.9, [1], [2]) + coverage([0], [1], [0.5])
reliability([0.5], [1]).bins[0]!.count.toFixed()
fit(tokens, { train }, { epochs: 1, loss: ctcLoss({ blank: 64, zeroInfinity: true }) })
ctcGreedy(x, { blank: 64, lengths: [1] })[0]!.indexOf(3)
ctcBeamSearch(x, { width: 8 })[0]![0]!.logProbability.toFixed()
// @ts-expect-error: a greedy search has no width
ctcGreedy(x, { width: 8 })
// @ts-expect-error: logVariance or softplus
gaussianLoss({ scale: 'variance' })
// @ts-expect-error: gaussian or logNormal
mixtureLoss({ of: 'normal' })
// @ts-expect-error: a list
quantileLoss(0.5)
// @ts-expect-error: a loss of quantiles is made, with its quantiles
fit(model, { train }, { epochs: 1, loss: 'quantile' })
// @ts-expect-error: the loss is called crossEntropy
fit(tokens, { train }, { epochs: 1, loss: 'crossentropy' })

// An optimiser takes a rate or a schedule, and its own options alone.
fit(
  model,
  { train },
  { epochs: 1, optimizer: sgd(0.1, { momentum: 0.9, nesterov: true }), clipValue: 1, accumulate: 2 },
)
fit(model, { train }, { epochs: 1, optimizer: adamW(cosine({ peak: 1e-3, steps: 100, warmup: 10 })), ema: 0.99 })
fit(
  model,
  { train },
  { epochs: 1, optimizer: sgd((step, epoch) => 0.1 / (step + epoch)), earlyStopping: { patience: 3 } },
)
fit(
  model,
  { train },
  { epochs: 1, optimizer: sgd(reduceOnPlateau({ rate: 0.1 })), sampleWeights: [1], classWeights: [1] },
)
fit(
  model,
  { train },
  { epochs: 1, groups: [{ parameters: /bias/, rate: (rate) => rate / 2 }, { parameters: ['0.weight'] }] },
)
fit(model, { train }, { epochs: 1, onStep: ({ rate, clippedNorm }, run) => [rate, clippedNorm, run.state().tensors] })
// @ts-expect-error: the option of another optimiser
adamW(0.1, { momentum: 0.9 })
// @ts-expect-error: the highest rate is its peak
cosine({ rate: 1e-3, steps: 100 })
// @ts-expect-error: early stopping takes a patience
fit(model, { train }, { epochs: 1, earlyStopping: {} })
// @ts-expect-error: a group says which parameters it is
fit(model, { train }, { epochs: 1, groups: [{ freeze: true }] })

// A config's sweep tries values of its options, ranges of those that are numbers.
defineConfig({
  sweep: { hidden: [16, 32], cell: ['lstm'], past: integers(7, 56), learningRate: logUniform(1e-4, 1e-2) },
})
defineConfig({ sweep: { inputs: [['a'], ['a', 'b']], optimizer: ['adam', 'sgd'], weightDecay: uniform(0, 0.1) } })
// @ts-expect-error: the option is called hidden
defineConfig({ sweep: { hiden: [16, 32] } })
// @ts-expect-error: a list of numbers
defineConfig({ sweep: { hidden: ['16'] } })
// @ts-expect-error: cells are names
defineConfig({ sweep: { cell: integers(1, 2) } })
// @ts-expect-error: all trials forecast the same rows
defineConfig({ sweep: { horizon: [1, 7] } })

// linear exists inside a step alone.
// @ts-expect-error: it is not exported
import { linear } from 'unrolled'

linear

// A cell's own names carry through to what is shown of it.
const minimal = defineCell({
  name: 'minimal',
  state: ['h', 'm'],
  options: { bias: 1 },
  step({ x, h, m, linear }, { bias }) {
    const forget = sigmoid(linear('forget', x, h).add(bias))
    const next = forget.mul(m).add(tanh(linear('candidate', x)))
    return { h: tanh(next), m: next, gates: { forget } }
  },
})
unroll(minimal, { x, weights, state: { m: x } }).gates.forget.data
const own = recurrent(minimal, 4)
model.inspect(own, { x }).state.m.data
// @ts-expect-error: minimal has no input gate
model.inspect(own, { x }).gates.input
// @ts-expect-error: minimal has no state c
unroll(minimal, { x, weights, state: { c: x } })
// @ts-expect-error: bias is a number
minimal.with({ bias: 'large' })

// A state looks back; what is projected is a state.
const skipping = defineCell({
  name: 'skipping',
  state: ['h'],
  projected: ['h'],
  step: ({ x, h, linear, project }) => ({ h: project(tanh(linear('hidden', x, h.back(3)))) }),
})
recurrent(skipping, 4, { projection: 2 })
// @ts-expect-error: a number
recurrent(skipping, 4, { projection: 'half' })
defineCell({
  name: 'foresighted',
  state: ['h'],
  // @ts-expect-error: a state looks back, the input does not
  step: ({ x, linear }) => ({ h: linear('hidden', x.back(1)) }),
})
defineCell({
  name: 'misprojected',
  state: ['h'],
  // @ts-expect-error: there is no state c to project
  projected: ['c'],
  step: ({ x, h, linear }) => ({ h: tanh(linear('hidden', x, h)) }),
})

// A step that does not give what was declared does not compile.
defineCell({
  name: 'forgetful',
  state: ['h', 'c'],
  // @ts-expect-error: the state c is missing
  step: ({ x, h, linear }) => ({ h: tanh(linear('hidden', x, h)) }),
})
defineCell({
  name: 'mistaken',
  state: ['h'],
  // @ts-expect-error: there is no state s to read
  step: ({ x, s, linear }) => ({ h: tanh(linear('hidden', x, s)) }),
})
defineCell({
  name: 'numeric',
  state: ['h'],
  // @ts-expect-error: a number is not an expression
  step: () => ({ h: 1 }),
})
// @ts-expect-error: a product is named first
defineCell({ name: 'nameless', state: ['h'], step: ({ x, linear }) => ({ h: linear(x) }) })
