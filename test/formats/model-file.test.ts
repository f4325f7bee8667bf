import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { tanh } from '../../src/expr/index.ts'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import { formatSafetensors } from '../../src/formats/safetensors.ts'
import {
  defineCell,
  dense,
  dropout,
  flatten,
  gru,
  type Layer,
  leaky,
  load,
  lstm,
  type Model,
  recurrent,
  rnn,
  save,
  sequential,
} from '../../src/index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unrolled-models-'))
})
afterEach(() => rm(folder, { recursive: true }))

const random = new Random(3, 'model files')
const x = { data: Float64Array.from({ length: 4 * 6 * 2 }, () => random.normal()), shape: [4, 6, 2] }
const init = (layers: Layer[], seed = 1) => sequential(layers).init({ inputs: 2, steps: 6, seed })
const small = () => init([dense(2)])

const sentence = async (work: () => unknown): Promise<string> => {
  const error = await Promise.resolve()
    .then(work)
    .catch((error: unknown) => error)
  expect(error).toBeInstanceOf(InputError)
  return (error as InputError).message
}
const refusal = (bytes: Uint8Array) => sentence(() => parseModel(bytes, 'm.safetensors'))

type Weights = Map<string, { shape: readonly number[]; data: Float32Array }>
/** The file of a model with other weights or another description. */
const forged = (model: Model, change: (weights: Weights) => void) => {
  const weights = model.parameters.read()
  change(weights)
  const description = { format: 1, architecture: model.architecture, extras: {} }
  return formatSafetensors(weights, { unrolled: JSON.stringify(description) })
}
const described = (description: unknown) =>
  formatSafetensors(small().parameters.read(), { unrolled: JSON.stringify(description) })
const withLayer = (layer: object, sizes: object = { inputs: 2 }) =>
  described({ format: 1, architecture: { layers: [layer], ...sizes }, extras: {} })

const slow = defineCell({
  name: 'slow',
  state: ['h'],
  options: { pace: 0.25 },
  step: ({ x, h, linear }, { pace }) => ({ h: h.mul(1 - pace).add(tanh(linear('hidden', x, h)).mul(pace)) }),
})

describe('save and load', () => {
  it.each<[string, Layer[]]>([
    ['lstm, stacked', [lstm(5, { layers: 2 }), lstm(3, { returns: 'last' }), dense(2)]],
    ['gru, reset before, backward', [gru(5, { reset: 'before', reverse: true }), dense(2, { activation: 'tanh' })]],
    ['rnn, relu', [rnn(5, { activation: 'relu' }), dropout(0.5), flatten(), dense(2)]],
    ['leaky, learned', [leaky(5, { alpha: 'learned', returns: 'last' })]],
    ['leaky, given', [leaky(5, { alpha: 0.9 })]],
  ])('give a model with the same predictions and the same file, to the bit: %s', async (_, layers) => {
    const model = init(layers)
    const path = join(folder, 'deep/model.safetensors')
    await save(model, path, { note: 'größe' })
    const loaded = await load(path)
    expect(loaded.extras).toEqual({ note: 'größe' })
    expect(loaded.model.architecture).toEqual(model.architecture)
    const y = model.run(x)
    expect(loaded.model.run(x)).toEqual(y)
    expect(new Set(y.data).size).toBeGreaterThan(1)
    expect(Buffer.compare(formatModel(loaded.model, loaded.extras), await readFile(path))).toBe(0)
    expect(await readdir(join(folder, 'deep'))).toEqual(['model.safetensors'])
  })

  it('give the same bytes for the same seed and others for another', () => {
    const bytes = (seed: number) => formatModel(init([gru(4)], seed))
    expect(bytes(1)).toEqual(bytes(1))
    expect(bytes(1)).not.toEqual(bytes(2))
  })

  it('give a cell of your own again, with its options, where it is handed to load', async () => {
    const model = init([recurrent(slow.with({ pace: 0.75 }), 4, { returns: 'last' })])
    const path = join(folder, 'own.safetensors')
    await save(model, path)
    const { model: loaded } = await load(path, { cells: [slow] })
    expect(loaded.run(x)).toEqual(model.run(x))
    const plain = init([recurrent(slow, 4, { returns: 'last' })])
    expect(loaded.run(x)).not.toEqual(plain.run(x))
    const unknown = `${path}: no cell is named 'slow' (a cell of your own goes to load(path, { cells }))`
    expect(await sentence(() => load(path))).toBe(unknown)
  })

  it('take the kernels that are asked for', () => {
    const model = init([lstm(4)])
    const { model: exact } = parseModel(formatModel(model), 'm', { kernels: 'reference' })
    expect(exact.kernels.tier).toBe('reference')
    const [y, reference] = [model.run(x).data, exact.run(x).data]
    expect(Math.max(...y.map((value, i) => Math.abs(value - reference[i]!)))).toBeLessThan(1e-6)
  })

  it('write nothing below a file, and say so', async () => {
    const file = join(folder, 'file')
    await writeFile(file, 'kept')
    const path = join(file, 'model.safetensors')
    expect(await sentence(() => save(small(), path))).toBe(
      `cannot write '${path}': a part of the path before the last is a file, not a folder; choose another path`,
    )
    expect(await readdir(folder)).toEqual(['file'])
    expect(await readFile(file, 'utf8')).toBe('kept')
  })

  it('name the nearest file where there is none', async () => {
    await save(small(), join(folder, 'weather.safetensors'))
    const path = join(folder, 'wether.safetensors')
    expect(await sentence(() => load(path))).toBe(
      `expected a model, but there is no file '${path}'; did you mean 'weather.safetensors'?`,
    )
  })
})

describe('a damaged file is refused in one sentence', () => {
  it('cut in half, and cut anywhere', async () => {
    const bytes = formatModel(init([gru(8), dense(2)]))
    const data = (3 * 8 * (2 + 8 + 2) + 2 * 8 + 2) * 4
    expect(await refusal(bytes.subarray(0, bytes.length / 2))).toMatch(
      new RegExp(`^m\\.safetensors: the file is cut short: expected ${data} bytes of data, got \\d+; copy or save`),
    )
    for (let length = 0; length < bytes.length; length += 7)
      expect(await refusal(bytes.subarray(0, length))).toMatch(/^m\.safetensors: .*(cut short|at least 8 bytes)/)
  })

  it('with a header that claims more than the file, or more than anything', async () => {
    const claiming = (length: bigint) => {
      const bytes = formatModel(small())
      new DataView(bytes.buffer).setBigUint64(0, length, true)
      return bytes
    }
    expect(await refusal(claiming(99_999_999n))).toContain(
      ': the file is cut short: expected a header of 99999999 bytes',
    )
    expect(await refusal(claiming(2n ** 64n - 1n))).toContain(
      ': expected a safetensors header of at most 100000000 bytes, got 18446744073709551615; give a safetensors file',
    )
  })

  it('of another kind', async () => {
    expect(await refusal(new TextEncoder().encode('date,temperature\n2024-01-01,3\n'))).toMatch(
      /^m\.safetensors: expected a safetensors header of at most 100000000 bytes, got \d+; give a safetensors file$/,
    )
    expect(await refusal(formatSafetensors(small().parameters.read(), { format: 'pt' }))).toBe(
      "m.safetensors: expected a model written by unrolled, but its metadata has no 'unrolled' entry",
    )
  })

  it('with a weight that is not finite', async () => {
    const poison = (value: number) =>
      forged(small(), (weights) => {
        weights.get('0.weight')!.data[2] = value
      })
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY])
      expect(await refusal(poison(value))).toBe(
        'm.safetensors: expected finite numbers, got 1 of 4 in tensor "0.weight" that are not (the first is ' +
          `${value} at index 2); train again with a smaller learning rate or with clipNorm`,
      )
  })

  it('with a weight missing, left over or of another shape', async () => {
    const bytes = (change: (weights: Weights) => void) => refusal(forged(small(), change))
    expect(await bytes((weights) => weights.delete('0.bias'))).toBe(
      "m.safetensors: the parameter '0.bias' of shape [2] is missing",
    )
    const one = { shape: [1], data: Float32Array.of(1) }
    expect(await bytes((weights) => weights.set('0.biass', one))).toBe(
      "m.safetensors: the model has no parameter '0.biass'; did you mean '0.bias'?",
    )
    expect(await bytes((weights) => weights.set('0.bias', one))).toBe(
      'm.safetensors: 0.bias: expected shape [2], got [1]',
    )
  })

  it('with a weight of whole numbers', async () => {
    const bytes = formatModel(small())
    const header = new TextDecoder('latin1').decode(bytes)
    const at = header.indexOf('F32')
    bytes.set(new TextEncoder().encode('I32'), at)
    expect(await refusal(bytes)).toBe("m.safetensors: expected the weight '0.weight' to be of floats")
  })

  it('whose description is broken, of another version or not an architecture', async () => {
    const broken = formatSafetensors(small().parameters.read(), { unrolled: '{"format": 1, "archi' })
    expect(await refusal(broken)).toBe(
      `m.safetensors: expected JSON in its 'unrolled' metadata, got '{"format": 1, "archi'`,
    )
    const { architecture } = small()
    expect(await refusal(described({ format: 2, architecture, extras: {} }))).toBe(
      'm.safetensors: expected model format 1, got 2; use the version of unrolled that wrote it',
    )
    for (const description of [[], null, 7, {}])
      expect(await refusal(described(description))).toContain('expected model format 1, got undefined')
    const unsound = [
      undefined,
      { layers: {}, inputs: 2 },
      { layers: [null], inputs: 2 },
      { layers: [{ kind: 1 }], inputs: 2 },
      { layers: architecture.layers },
      { ...architecture, steps: '6' },
    ]
    for (const architecture of unsound)
      expect(await refusal(described({ format: 1, architecture, extras: {} }))).toBe(
        'm.safetensors: its architecture is not a list of layers with their inputs',
      )
  })
})

describe('a description that asks for the impossible is refused in one sentence', () => {
  const lstmOf = (options: object) => ({ kind: 'recurrent', cell: 'lstm', options: {}, units: 3, ...options })

  it.each<[string, object, string]>([
    ['an unknown kind', { kind: 'dens' }, "no layer is of the kind 'dens'; did you mean 'dense'?"],
    ['a kind that every object has', JSON.parse('{"kind":"__proto__"}'), "no layer is of the kind '__proto__'"],
    ['another such', { kind: 'constructor' }, "no layer is of the kind 'constructor'"],
    [
      'an unknown cell',
      lstmOf({ cell: 'lsmt' }),
      "no cell is named 'lsmt'; did you mean 'lstm'? (a cell of your own goes to load(path, { cells }))",
    ],
    ['no units', { kind: 'dense' }, 'dense: units: expected a whole number of at least 1, got undefined'],
    [
      'an activation that is a number',
      { kind: 'dense', units: 2, activation: 5 },
      'dense: activation: expected one of tanh, sigmoid, relu, got 5',
    ],
    [
      "a cell's unknown option",
      lstmOf({ options: { peepholes: true } }),
      "cell 'lstm' has no option 'peepholes' (it has recurrentActivation, activation, outputActivation, clip)",
    ],
    ['an option of another type', lstmOf({ returns: 7 }), 'lstm: returns: expected one of all, last, got 7'],
    [
      'a stack without end',
      lstmOf({ layers: 1e9 }),
      'lstm: layers: expected a whole number from 1 to 1000, got 1000000000',
    ],
    // Before anything is allocated: these would need terabytes.
    [
      'a dense layer without end',
      { kind: 'dense', units: 1e12 },
      '0.weight: expected shape [1000000000000, 2], got [2, 2]',
    ],
    ['cells without end', lstmOf({ units: 1e12 }), "the model has no parameter '0.weight'"],
  ])('%s', async (_, layer, expected) => expect(await refusal(withLayer(layer))).toBe(`m.safetensors: ${expected}`))

  it('sizes that no data has', async () => {
    const layer = { kind: 'dense', units: 2 }
    expect(await refusal(withLayer(layer, { inputs: -2 }))).toBe(
      'm.safetensors: init: inputs: expected a whole number of at least 1, got -2',
    )
    expect(await refusal(withLayer(layer, { inputs: 2, steps: 0.5 }))).toBe(
      'm.safetensors: init: steps: expected a whole number of at least 1, got 0.5',
    )
  })

  it('whatever it is, it gives a model or an InputError, never another error', () => {
    const kind = fc.constantFrom('dense', 'recurrent', 'dropout', 'flatten', '__proto__')
    const cell = fc.constantFrom<unknown>('lstm', 'gru', 'rnn', 'leaky', 'toString', null, 3)
    const any = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(1, 2, 1e15, -1, 0.5, 'last', 'all', 'tanh', '__proto__'),
    )
    const options = fc.oneof(any, fc.record({ activation: any, reset: any, alpha: any }, { requiredKeys: [] }))
    const layer = fc.record(
      { kind, cell, options, units: any, layers: any, returns: any, reverse: any, activation: any, rate: any },
      { requiredKeys: ['kind'] },
    )
    const architecture = fc.record({ layers: fc.array(layer, { maxLength: 3 }), inputs: fc.constantFrom(1, 2, 1e15) })
    const seen = { models: 0, refused: 0 }
    fc.assert(
      fc.property(architecture, (architecture) => {
        const bytes = formatSafetensors(new Map(), {
          unrolled: JSON.stringify({ format: 1, architecture, extras: {} }),
        })
        try {
          parseModel(bytes, 'm.safetensors', { kernels: 'reference' })
          seen.models++
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
          seen.refused++
        }
      }),
      { numRuns: 1000, seed: 7, examples: [[{ layers: [{ kind: 'dropout', rate: 0.5 }], inputs: 2 }]] },
    )
    expect(seen.models).toBeGreaterThan(0)
    expect(seen.refused).toBeGreaterThan(500)
  })
})
