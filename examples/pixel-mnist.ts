import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { dense, InputError, samplesFrom, sequential } from 'unrolled'
import { layerOf, whole } from './support/cells.ts'
import { dataPath, samplesMade } from './support/data.ts'
import { permutation, randomAt } from './support/random.ts'
import { commandOf, common, resultOf, tell } from './support/results.ts'
import { ratesOf, trainBest } from './support/train.ts'

const help = `Digits a pixel at a time (Le et al. 2015): 784 steps of one number, and the digit is asked for after the last. In the order of
the rows, or in an order of chance, the same for all images. 3000 images: 2200 to train, 300 to choose, 500 to test.

  npm run example -- pixel-mnist --order sequential --cell gru
  npm run example -- pixel-mnist --order permuted --cell lstm`

const SIDE = 28
const STEPS = SIDE * SIDE
const [TRAIN, VALIDATION, TEST] = [2200, 300, 500]

/** How an image is read: pixels down and right, an angle, and how much larger. */
interface Move {
  readonly down: number
  readonly right: number
  readonly turn: number
  readonly stretch: number
}
const still: Move = { down: 0, right: 0, turn: 0, stretch: 1 }
/** Images become up to a tenth larger or smaller. */
const STRETCH = 0.1

/** Bai et al. 2018, of 60,000 images to train. */
const published: Readonly<Record<'sequential' | 'permuted', Readonly<Record<string, string>>>> = {
  sequential: { rnn: '0.215', lstm: '0.872', gru: '0.962' },
  permuted: { rnn: '0.253', lstm: '0.857', gru: '0.873' },
}

/** Images `[3000, 784]` of 0 to 255 and their digits, in an order of chance that is always the same. */
function readImages(folder: string): { images: Uint8Array; digits: Uint8Array } {
  const read = (name: string, header: number) => {
    const bytes = gunzipSync(readFileSync(join(folder, name)))
    const count = bytes.readUInt32BE(4)
    if (count !== TRAIN + VALIDATION + TEST || (bytes.length - header) % count > 0)
      throw new InputError(`${name}: expected an IDX file of ${TRAIN + VALIDATION + TEST} items, got one of ${count}`)
    return { items: bytes.subarray(header), size: (bytes.length - header) / count }
  }
  const [pixels, labels] = [read('train-3000-images-idx3-ubyte.gz', 16), read('train-3000-labels-idx1-ubyte.gz', 8)]
  const order = permutation(TRAIN + VALIDATION + TEST, 1)
  const images = new Uint8Array(order.length * STEPS)
  for (const [i, from] of order.entries())
    images.set(pixels.items.subarray(from * STEPS, (from + 1) * STEPS), i * STEPS)
  return { images, digits: Uint8Array.from(order, (from) => labels.items[from]!) }
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      order: { type: 'string', default: 'sequential' },
      cell: { type: 'string', default: 'gru' },
      start: { type: 'string', default: 'chrono' },
      units: { type: 'string', default: '128' },
      epochs: { type: 'string', default: '60' },
      patience: { type: 'string', default: '10' },
      rates: { type: 'string', default: '0.001,0.0003' },
      shift: { type: 'string', default: '2' },
      turn: { type: 'string', default: '10' },
      data: { type: 'string' },
      ...common,
    },
  })
  if (values.help) return console.log(help)
  const { cell, start, order } = values
  if (order !== 'sequential' && order !== 'permuted')
    throw new InputError(`--order: expected sequential or permuted, got '${order}'`)
  const turn = (Number(values.turn) * Math.PI) / 180
  const [units, seed, shift] = [
    whole('units', values.units),
    whole('seed', values.seed),
    whole('shift', values.shift, 0),
  ]
  const folder = dataPath(values.data, 'handwriting/mnist', 'the npm package mnist, as IDX files')
  const { images, digits } = readImages(folder)
  const places =
    order === 'permuted' ? permutation(STEPS, 92916) : Uint32Array.from({ length: STEPS }, (_, place) => place)

  /** Pixels of an image in the order of reading, moved, turned and stretched about its middle, from -0.42 to 2.82 as usual. */
  const write = (image: number, { down, right, turn, stretch }: Move, into: Float32Array | Float64Array) => {
    const at = (row: number, column: number) =>
      row >= 0 && row < SIDE && column >= 0 && column < SIDE ? images[image * STEPS + row * SIDE + column]! / 255 : 0
    const middle = (SIDE - 1) / 2
    const [cos, sin] = [Math.cos(turn) / stretch, Math.sin(turn) / stretch]
    for (let t = 0; t < STEPS; t++) {
      const [y, x] = [Math.floor(places[t]! / SIDE) - middle - down, (places[t]! % SIDE) - middle - right]
      const [fromY, fromX] = [middle + cos * y - sin * x, middle + sin * y + cos * x]
      const [row, column] = [Math.floor(fromY), Math.floor(fromX)]
      const [below, beside] = [fromY - row, fromX - column]
      const upper = at(row, column) * (1 - beside) + at(row, column + 1) * beside
      const lower = at(row + 1, column) * (1 - beside) + at(row + 1, column + 1) * beside
      into[t] = (upper * (1 - below) + lower * below - 0.1307) / 0.3081
    }
  }
  const part = (from: number, count: number) => {
    const data = new Float32Array(count * STEPS)
    for (let i = 0; i < count; i++) write(from + i, still, data.subarray(i * STEPS, (i + 1) * STEPS))
    const targets = { data: digits.slice(from, from + count), shape: [count] }
    return samplesFrom({ inputs: { data, shape: [count, STEPS, 1] }, targets })
  }
  // Each reading of an image is moved anew, so that 2200 of them go further.
  let readings = 0
  const train = samplesMade({
    count: TRAIN,
    inputShape: [STEPS, 1],
    targetShape: [],
    make(image, input, target) {
      const random = randomAt(seed, readings++)
      const by = (most: number) => (2 * random() - 1) * most
      const move = { down: by(shift), right: by(shift), turn: by(turn), stretch: 1 + by(STRETCH) }
      if (input.length === STEPS) write(image, move, input)
      target[0] = digits[image]!
    },
  })
  const layer = layerOf(cell, units, { start, longest: STEPS, returns: 'last' })
  const model = sequential([layer, dense(10)]).init({ inputs: 1, seed })
  const [validation, test] = [part(TRAIN, VALIDATION), part(TRAIN + VALIDATION, TEST)]
  const accuracy = (samples: typeof test, labels: Uint8Array) => {
    const { data } = model.predict(samples)
    const right = labels.filter((digit, i) => {
      const logits = data.subarray(i * 10, (i + 1) * 10)
      return logits[digit] === Math.max(...logits)
    })
    return right.length / labels.length
  }
  const shown = digits.subarray(TRAIN, TRAIN + VALIDATION)
  const trained = await trainBest(
    model,
    { train, validation },
    {
      epochs: whole('epochs', values.epochs),
      patience: whole('patience', values.patience),
      batch: 25,
      loss: 'crossEntropy',
      rates: ratesOf(values.rates),
      clipNorm: 1,
      seed,
      show: () => `right ${(100 * accuracy(validation, shown)).toFixed(1)} %`,
    },
  )
  const result = resultOf(model, trained, {
    task: `${order} MNIST`,
    model: `${cell} ${units}, ${start}`,
    seed,
    command: commandOf('pixel-mnist', args),
    metric: 'share right',
    published: published[order][cell],
    test: accuracy(test, digits.subarray(TRAIN + VALIDATION)),
    besides: { 'on validation': accuracy(validation, shown) },
  })
  tell('pixel-mnist', result, values)
}
