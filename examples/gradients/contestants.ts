import {
  defineCell,
  dense,
  type GradientFlow,
  gradientFlow,
  gru,
  leaky,
  lstm,
  type Model,
  type RecurrentLayer,
  recurrent,
  rnn,
  type Sample,
  sequential,
} from 'unrolled'
import { tanh } from 'unrolled/expr'
import { randomFrom } from '../support/random.ts'

/** A cell that takes part. */
export interface Contestant {
  readonly name: string
  /** A model with its starting weights. */
  init(seed: number): Model
  /** How far back gradients come with the starting weights of seed 1. */
  flow(sample: Sample): GradientFlow
}

/** Reads what it was ten steps ago beside what it was just now. */
const skip = defineCell({
  name: 'skip',
  state: ['h'],
  step: ({ x, h, linear }) => ({ h: tanh(linear('hidden', x, h, h.back(10))) }),
})

/** Six ways to remember over `steps` steps, and an LSTM whose forget gates begin half open, as they do where nothing is said. */
export function contestants(units: number, steps: number): readonly Contestant[] {
  const last = { returns: 'last' } as const
  const larger = (weights: Float32Array) => weights.set(weights.map((weight) => 3 * weight))
  /** A gate's biases for as many time scales as units, up to all steps (Tallec & Ollivier 2018). */
  const open = (biases: Float32Array, seed: number) => {
    const random = randomFrom(seed)
    for (let i = units; i < 2 * units; i++) biases[i] = Math.log(1 + random() * Math.max(1, steps - 2))
  }
  // Of a GRU the second block of biases is the update gate's, of an LSTM the forget gate's.
  return [
    contestant('simple RNN', rnn(units, last)),
    contestant('RNN, weights × 3', rnn(units, last), 'weight_hh_l0', larger),
    contestant('leaky, α = 0.98', leaky(units, { ...last, alpha: 0.98 })),
    contestant('RNN, skips of 10', recurrent(skip, units, last)),
    contestant('GRU, gates open', gru(units, last), 'bias_ih_l0', open),
    contestant('LSTM, gates open', lstm(units, last), 'bias_ih_l0', open),
    contestant('LSTM, gates half open', lstm(units, last)),
  ]
}

function contestant<S extends string, G extends string>(
  name: string,
  layer: RecurrentLayer<S, G>,
  parameter?: string,
  change?: (values: Float32Array, seed: number) => void,
): Contestant {
  const init = (seed: number) => {
    const model = sequential([layer, dense(1)]).init({ inputs: 2, seed })
    const weights = model.parameters.read()
    if (parameter) change?.(weights.get(`0.${parameter}`)!.data, seed)
    model.parameters.write(weights)
    return model
  }
  return { name, init, flow: (sample) => gradientFlow(init(1), layer, sample) }
}
