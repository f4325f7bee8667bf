/** `node bench/ours.mjs ID SECONDS`: one row by Unrolled; prints its step times in milliseconds as JSON. */
import { adam, defineCell, dense, fit, gru, lstm, recurrent, rnn, sequential } from 'unrolled'
import { sigmoid, tanh } from 'unrolled/expr'
import { chooseTier, threadCount } from 'unrolled/kernels'
import { rows } from './rows.mjs'

const own = defineCell({
  name: 'own',
  state: ['h', 'c'],
  step({ x, h, c, linear }) {
    const i = sigmoid(linear('i', x, h))
    const f = sigmoid(linear('f', x, h))
    const g = tanh(linear('g', x, h))
    const o = sigmoid(linear('o', x, h))
    const cell = f.mul(c).add(i.mul(g))
    return { h: o.mul(tanh(cell)), c: cell }
  },
})
const makers = {
  lstm,
  gru,
  rnn: (units, options) => rnn(units, { ...options, activation: 'relu' }),
  own: (units, options) => recurrent(own, units, options),
}

const [id, seconds] = process.argv.slice(2)
const { cell, batch, steps, inputs, hidden, layers, training, last } = rows.find((r) => r.id === id)
const layer = makers[cell](hidden, { layers, returns: last ? 'last' : 'all' })
const model = sequential(last ? [layer, dense(1)] : [layer]).init({ inputs, steps, seed: 1 })
const noise = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 0.5)

const times = []
const end = performance.now() + 1000 * Number(seconds)
if (training) {
  const targetShape = last ? [1] : [steps, hidden]
  const [x, y] = [noise(batch * steps * inputs), new Float32Array(batch * targetShape.reduce((a, b) => a * b, 1))]
  const samples = {
    count: batch * 2_000,
    inputShape: [steps, inputs],
    targetShape,
    fillInputs: (_, into) => into.set(x),
    fillTargets: (_, into) => into.set(y),
    restore: (values) => Float64Array.from(values),
  }
  let started = performance.now()
  const onStep = () => {
    times.push(performance.now() - started)
    if (performance.now() > end && times.length >= 4) controller.abort()
    started = performance.now()
  }
  const controller = new AbortController()
  const options = { epochs: 1, batch, optimizer: adam(1e-3), shuffle: false, signal: controller.signal, onStep }
  for await (const _ of fit(model, { train: samples }, options));
} else {
  const x = { data: noise(batch * steps * inputs), shape: [batch, steps, inputs] }
  do {
    const started = performance.now()
    model.run(x)
    times.push(performance.now() - started)
  } while (performance.now() < end || times.length < 4)
}
const versions = { node: process.versions.node, kernels: chooseTier().tier, threads: threadCount() }
console.log(JSON.stringify({ times: times.slice(2), versions }))
