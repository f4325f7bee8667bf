import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { sigmoid, tanh } from '../../src/expr/index.ts'
import { adam, defineCell, dense, recurrent, sequential } from '../../src/index.ts'
import { epochsOf, samplesOf } from './samples.ts'

/** Minimal gated unit (Zhou et al. 2016): one gate that both resets and updates. No file of `src` knows it. */
const minimal = defineCell({
  name: 'minimal',
  state: ['h'],
  step({ x, h, linear }) {
    const forget = sigmoid(linear('forget', x, h))
    const candidate = tanh(linear('candidate', x, forget.mul(h)))
    return { h: h.add(forget.mul(candidate.sub(h))), gates: { forget, candidate } }
  },
})

/** Of eight numbers in (0, 1) two are marked; the target is their sum (Hochreiter & Schmidhuber 1997). */
function adding(count: number, seed: number) {
  const random = new Random(seed, 'adding')
  const pairs = Array.from({ length: count }, () => {
    const values = Array.from({ length: 8 }, () => random.uniform())
    const [first, second] = random.permutation(8)
    const inputs = values.flatMap((value, i) => [value, i === first || i === second ? 1 : 0])
    return [inputs, [values[first!]! + values[second!]!]] as const
  })
  return samplesOf(
    pairs.map(([inputs]) => inputs),
    pairs.map(([, target]) => target),
    [8, 2],
  )
}

test('a cell of one’s own learns to add: validation loss under a fiftieth of the best constant’s', async () => {
  const layer = recurrent(minimal, 16, { returns: 'last' })
  const model = sequential([layer, dense(1)]).init({ inputs: 2, seed: 1 })
  const [train, validation] = [adding(512, 1), adding(256, 2)]
  const epochs = await epochsOf(model, { train, validation }, { epochs: 40, optimizer: adam(0.01), clipNorm: 1 })

  const targets = new Float64Array(256)
  const rows = Array.from({ length: 256 }, (_, i) => i)
  validation.fillTargets(rows, targets)
  const mean = targets.reduce((sum, value) => sum + value / 256, 0)
  const constant = targets.reduce((sum, value) => sum + (value - mean) ** 2 / 256, 0)
  expect(constant).toBeGreaterThan(0.13) // a sixth, by theory: two uniform numbers
  const learned = epochs.at(-1)!.validation.loss
  // Seen: 0.0010 against 0.1636.
  expect(learned).toBeLessThan(constant / 50)

  const predicted = model.predict(validation).data
  const error = predicted.reduce((sum, value, i) => sum + (value - targets[i]!) ** 2 / 256, 0)
  expect(error).toBeCloseTo(learned, 6)
  const sample = new Float64Array(16)
  validation.fillInputs([0], sample)
  const { gates } = model.inspect(layer, { x: { data: sample, shape: [8, 2] } })
  expect(Object.keys(gates)).toEqual(['forget', 'candidate'])
  expect(gates.forget.shape).toEqual([8, 16])
})
