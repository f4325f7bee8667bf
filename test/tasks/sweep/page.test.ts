import { expect, test } from 'vitest'
import { forecasterDefaults } from '../../../src/tasks/forecaster-options.ts'
import { formatSweep } from '../../../src/tasks/sweep/page.ts'
import { logUniform } from '../../../src/tasks/sweep/space.ts'
import type { Sweep } from '../../../src/tasks/sweep/state.ts'

const outcome = (epochs: number, loss: number) => ({ epochs, best: epochs, loss, seconds: 1.25 })
const sweep: Sweep = {
  plan: {
    options: { ...forecasterDefaults, target: 'y', inputs: ['y'], epochs: 8, unit: '°C' },
    space: { learningRate: logUniform(1e-4, 1e-2), inputs: [['y'], ['y', 'a<b']] },
    ...{ search: 'random', trials: 4, halving: 2, kernels: 'simd' },
    data: { path: '../y.csv', sha256: '', rows: 100 },
  },
  trials: [
    { trial: 1, options: { learningRate: 1e-2, inputs: ['y'] }, rungs: [outcome(2, 0.9)] },
    { trial: 2, options: { learningRate: 1e-3, inputs: ['y', 'a<b'] }, rungs: [outcome(2, 0.6), outcome(4, 0.5)] },
    {
      ...{ trial: 3, options: { learningRate: 1e-4, inputs: ['y'] } },
      rungs: [outcome(2, 0.5), outcome(4, 0.3), outcome(8, 0.12345678)],
    },
    { trial: 4, options: { learningRate: 9e-3, inputs: ['y'] }, rungs: [], failed: 'the loss became NaN & more' },
  ],
  test: [
    { name: 'LSTM', metrics: { mae: 1, rmse: 2 } },
    { name: 'seasonal', reason: 'no dates' },
  ],
}
const page = formatSweep(sweep, { title: 'y of <z>', summary: 'Four.', verdict: 'Well.', command: 'unrolled train' })
const lines = Array.from(page.matchAll(/<polyline points="([^"]+)" stroke="(#\w{6})"( class="best")?><title>([^<]*)/g))
const points = lines.map(([, text]) =>
  text!.split(' ').map((point) => point.split(',').map(Number) as [number, number]),
)

test('a line for each trial that came to a loss, the best drawn last, thick and darkest', () => {
  expect(lines.map(([, , , best, title]) => [title!.split('\n')[0], best !== undefined])).toEqual([
    ['trial 1', false],
    ['trial 2', false],
    ['trial 3', true],
  ])
  expect(lines.map(([, , colour]) => colour)).toEqual(['#c8e020', expect.stringMatching(/^#/), '#440154'])
  expect(lines[1]![4]).toBe('trial 2\nlearningRate 0.001\ninputs y, a&lt;b\n4 epochs\nvalidation loss 0.5000')
})

test('axes for each option, the epochs of the rungs and the loss, heights as their values', () => {
  const names = Array.from(page.matchAll(/class="name"[^>]*>([^<]+)/g), ([, name]) => name)
  expect(names).toEqual(['learningRate', 'inputs', 'epochs', 'validation loss'])
  const [worst, middle, best] = points
  expect(worst!.map(([x]) => x)).toEqual(middle!.map(([x]) => x))
  const [foot, top] = [best![3]![1], worst![3]![1]]
  expect([foot, top]).toEqual([404, 40])
  // The rate by its logarithm: 1e-3 half way between 1e-4 and 1e-2.
  expect([best![0]![1], middle![0]![1], worst![0]![1]]).toEqual([404, 222, 40])
  // The loss by itself.
  expect(middle![3]![1]).toBeCloseTo(404 - (364 * (0.5 - 0.12345678)) / (0.9 - 0.12345678), 0)
  // More epochs stand higher; so do values of a list in their order.
  expect(best![2]![1]).toBeLessThan(middle![2]![1])
  expect(middle![2]![1]).toBeLessThan(worst![2]![1])
  expect(middle![1]![1]).toBeLessThan(Math.min(worst![1]![1], best![1]![1]))
})

test('the table by loss, failures in sentences, the test part, and nothing from elsewhere', () => {
  const rows = Array.from(page.matchAll(/<tr><td>(.*?)<\/td><\/tr>/g), ([, row]) => row!.split('</td><td>'))
  expect(rows).toEqual([
    ['LSTM', '1.000', '2.000'],
    ['seasonal', '–', '–'],
    ['3 best', '0.0001', 'y', '8', '0.1235', '1.3'],
    ['2', '0.001', 'y, a&lt;b', '4', '0.5000', '1.3'],
    ['1', '0.01', 'y', '2', '0.9000', '1.3'],
    ['4', '0.009', 'y', '–', '–', '–'],
  ])
  expect(page).toContain('<p>Trial 4 failed: the loss became NaN &amp; more</p>')
  expect(page).toContain('<p>Left out: seasonal, no dates.</p>')
  expect(page).toContain('<h1>y of &lt;z&gt;</h1>')
  expect(page).toContain('<th>MAE, °C</th>')
  expect(page).not.toMatch(/https?:|src=|href=|@import|url\(/)
})
