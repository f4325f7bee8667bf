/**
 * brain.js trains on one sequence at a time, to foretell each next vector through a layer of its own, by its own RMSProp:
 * a step here is as many sequences as the batch has. It has no batches, no streaming and no threads.
 */
import { createRequire } from 'node:module'
import { answer, noise } from '../protocol.mjs'

const require = createRequire(import.meta.url)
const { recurrent } = require('brain.js')
const version = require('brain.js/package.json').version
const kinds = { lstm: recurrent.LSTMTimeStep, gru: recurrent.GRUTimeStep }

await answer(({ kind, cell, batch, steps, inputs, hidden, layers, loss }) => {
  if (!kinds[cell]) return { unsupported: 'it has no relu network and no cells of its own' }
  if (kind === 'streaming') return { unsupported: 'it has no state to carry on from' }
  if (loss === 'crossEntropy') return { unsupported: 'its time steps have no cross-entropy' }
  const net = new kinds[cell]({ inputSize: inputs, hiddenLayers: Array(layers).fill(hidden), outputSize: inputs })
  net.initialize()
  const values = noise((steps + 1) * inputs)
  const sequence = Array.from({ length: steps + 1 }, (_, t) => values.subarray(t * inputs, (t + 1) * inputs))
  const past = sequence.slice(0, steps)
  net.trainPattern(sequence, false) // it runs nothing before it has been trained
  const step = () => {
    for (let i = 0; i < batch; i++)
      if (kind === 'training') net.trainPattern(sequence, false)
      else net.runArrayOfArray(past)
  }
  return { step, versions: { 'brain.js': version, threads: 1 } }
})
