import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { matrix, transposed } from '../kernels/index.ts'
import { addColumnSums } from '../recurrence/elementwise.ts'
import { defineOp, type OpSamples } from './op.ts'
import { gatherPatches, patchesOf, scatterPatches, type WindowedOptions, windowOf } from './patches.ts'

/**
 * Each output is a product of what its window sees (im2col): x `[B, T, C]` or `[B, H, W, C]`, weight `[O, C, …size]` as in PyTorch,
 * bias `[O]`, y `[B, …, O]`. Nothing is turned round: a cross-correlation, as everywhere in the field.
 */
export const convolution = defineOp<WindowedOptions>({
  name: 'convolution',
  run(tape, [x, weight, bias], { lengths, ...window }) {
    const { kernels } = tape
    const { memory } = kernels
    const patches = patchesOf('convolution', x!.shape, window, lengths)
    const { rows, seen, channels, output } = patches
    const outputs = weight!.shape[0]!
    if (weight!.size !== outputs * channels * seen)
      throw new InputError(
        `convolution: expected a weight of ${showShape([outputs, channels, ...window.size])}, got ${showShape(weight!.shape)}`,
      )
    const columns = seen * channels
    const gathered = gatherPatches(kernels, x!.at, patches, 0)
    const left = matrix(gathered.at, rows, columns)
    // A window's rows hold all channels of one place; the weight has all places of one channel.
    const turned = memory.takeIndex(placesFirst(outputs, channels, seen))
    const [w, at] = [matrix(memory.take(weight!.size), outputs, columns), memory.take(rows * outputs)]
    kernels.gatherRows(w.at, weight!.at, turned, weight!.size, 1)
    kernels.multiply(matrix(at, rows, outputs), left, kernels.pack(transposed(w)), { bias: bias!.at })

    return tape.result(at, [x!.shape[0]!, ...output, outputs], [x!, weight!, bias!], (gradient) => {
      const dy = matrix(gradient, rows, outputs)
      if (x!.differentiable) {
        const into = tape.gradient(x!)
        const seenGradient = matrix(memory.take(rows * columns), rows, columns)
        kernels.multiply(seenGradient, dy, kernels.pack(w), 'zero')
        scatterPatches(kernels, into, seenGradient.at, gathered.index, patches)
      }
      const dw = matrix(memory.take(weight!.size), outputs, columns)
      kernels.multiply(dw, transposed(dy), kernels.pack(left), 'zero')
      kernels.scatterAddRows(tape.gradient(weight!), dw.at, turned, weight!.size, 1)
      addColumnSums(kernels, tape.gradient(bias!), dy)
    })
  },
})

export const samples: OpSamples<WindowedOptions> = () =>
  (
    [
      { x: [1, 1, 1], outputs: 1, options: windowOf([1]) },
      { x: [2, 7, 3], outputs: 5, options: windowOf([3], { stride: 2, padding: [2, 1] }) },
      { x: [3, 9, 2], outputs: 4, options: { ...windowOf([3], { dilation: 2, padding: [1, 1] }), lengths: [9, 0, 4] } },
      { x: [2, 5, 4, 3], outputs: 4, options: windowOf([3, 2], { padding: [1, 0] }) },
      { x: [1, 7, 6, 1], outputs: 2, options: windowOf([2, 2], { stride: 3, dilation: 2, padding: [2, 2] }) },
    ] as const
  ).map(({ x, outputs, options }) => ({
    shapes: [x, [outputs, x.at(-1)!, ...options.size], [outputs]],
    options,
  }))

/** For each number of `[O, places, C]`, where it stands in `[O, C, places]`. */
function placesFirst(outputs: number, channels: number, places: number): Int32Array {
  const index = new Int32Array(outputs * places * channels)
  let next = 0
  for (let o = 0; o < outputs; o++)
    for (let place = 0; place < places; place++)
      for (let c = 0; c < channels; c++) index[next++] = (o * channels + c) * places + place
  return index
}
