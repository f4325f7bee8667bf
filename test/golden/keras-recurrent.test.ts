import { describe, expect, test } from 'vitest'
import { fromKeras } from './keras.ts'
import { readCases, testVectors } from './vectors.ts'

const cases = readCases('keras-recurrent.json')

test('both resets of a GRU, every merge, masks, states and the hard sigmoid of Keras 3 are there', () => {
  const told = cases.map(({ layer }) => layer)
  const options = told.map(({ options }) => JSON.stringify(options))
  for (const cell of ['rnn', 'lstm', 'gru']) {
    const those = told.filter((layer) => layer.cell === cell)
    for (const key of ['layers', 'reverse', 'returns'])
      expect(
        those.some((layer) => key in layer),
        key,
      ).toBe(true)
    for (const merge of ['concat', 'sum', 'mean'])
      expect(those.some(({ bidirectional }) => bidirectional === merge)).toBe(true)
  }
  for (const reset of ['after', 'before']) expect(options).toContain(JSON.stringify({ reset }))
  expect(options.filter((one) => one.includes('"hardSigmoid","alpha":0.1666666')).length).toBe(4)
})

// A masked step is one behind a sequence's end: Keras keeps the states over it, as we do, and repeats the last output, where we
// have zeros; the script has put zeros there too. Keras's hard sigmoid is relu6(x + 3) / 6 since 3.0: a slope of 1/6.
describe('Keras', () => testVectors(cases.map(fromKeras)))
