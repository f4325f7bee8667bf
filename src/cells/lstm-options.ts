import { type Activation, activate, type Clip } from './activations.ts'

/** What LSTMs can be told, by Keras's names; in ONNX the activations are f, g and h. */
export const lstmOptions = {
  /** Of the gates. */
  recurrentActivation: 'sigmoid' as Activation,
  /** Of the candidate. */
  activation: 'tanh' as Activation,
  /** Of c on its way out; as the candidate's, as in Keras, where it is `'same'`. */
  outputActivation: 'same' as Activation | 'same',
  /** Bounds what gates and candidate are given. */
  clip: false as Clip,
}

/** The options as functions: `f` for gates, `g` for the candidate, `out` for c. */
export function lstmActivations(
  cell: string,
  { recurrentActivation, activation, outputActivation, clip }: typeof lstmOptions,
) {
  return {
    f: activate(`${cell}: recurrentActivation`, recurrentActivation, clip),
    g: activate(`${cell}: activation`, activation, clip),
    out: activate(`${cell}: outputActivation`, outputActivation === 'same' ? activation : outputActivation),
  }
}
