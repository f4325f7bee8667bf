/** TensorFlow.js on its WebAssembly backend, which has one thread in Node. */
import { createRequire } from 'node:module'
import { answer, noise, oneHots } from '../protocol.mjs'

const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs')
require('@tensorflow/tfjs-backend-wasm')
await tf.setBackend('wasm')

// Its own starting weights are orthogonal, which takes it minutes for a large layer.
const more = { recurrentInitializer: 'glorotUniform' }
const kinds = {
  lstm: (options) => tf.layers.lstm({ ...more, ...options, recurrentActivation: 'sigmoid' }),
  gru: (options) => tf.layers.gru({ ...more, ...options, recurrentActivation: 'sigmoid', resetAfter: false }),
  rnn: (options) => tf.layers.simpleRNN({ ...more, ...options, activation: 'relu' }),
}

await answer(({ kind, cell, batch, steps, inputs, hidden, layers, last, head, loss }) => {
  const versions = { tfjs: tf.version.tfjs, backend: tf.getBackend(), threads: 1 }
  const make = kinds[cell === 'own' ? 'lstm' : cell]
  const stateful = kind === 'streaming'
  const model = tf.sequential()
  for (let layer = 0; layer < layers; layer++) {
    const first = layer === 0 ? { batchInputShape: [batch, steps, inputs] } : {}
    model.add(make({ units: hidden, returnSequences: !last && !stateful, stateful, ...first }))
  }
  if (head) model.add(tf.layers.dense({ units: head }))
  const x = tf.tensor(loss ? oneHots(batch * steps, inputs) : noise(batch * steps * inputs), [batch, steps, inputs])
  if (kind !== 'training')
    return {
      versions,
      step() {
        const y = tf.tidy(() => model.predictOnBatch(x))
        y.dataSync()
        y.dispose()
      },
    }
  const shape = model.outputs[0].shape
  const target = loss ? tf.tensor(oneHots(batch * steps, head), shape) : tf.zeros(shape)
  const crossEntropy = (truth, logits) => tf.losses.softmaxCrossEntropy(truth, logits)
  model.compile({ optimizer: tf.train.adam(1e-3), loss: loss ? crossEntropy : 'meanSquaredError' })
  return { versions, step: () => model.trainOnBatch(x, target) }
})
