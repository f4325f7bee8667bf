import { type Activation, activations, convolution as convolutionOp, pointwise } from '../autograd/index.ts'
import { expectOneOf } from '../base/errors.ts'
import { expectWhole, sizeOf } from '../base/shape.ts'
import type { Layer } from './layer.ts'
import { type PerDimension, refuseStep, spaceAfter, stepsAfter, type WindowOptions, windowFrom } from './window.ts'

export interface ConvolutionOptions extends WindowOptions {
  /** Applied to each output; none by default. */
  readonly activation?: Activation
}

/** A convolution over so many dimensions. */
const over =
  (kind: 'conv1d' | 'conv2d', dimensions: number) =>
  (filters: number, size: PerDimension, options: ConvolutionOptions = {}): Layer => {
    expectWhole(`${kind}: filters`, filters)
    const { activation, ...how } = options
    if (activation !== undefined) expectOneOf(`${kind}: activation`, activation, Object.keys(activations))
    const window = windowFrom(kind, dimensions, size, how)
    return {
      config: { kind, filters, size, ...options },
      build(input) {
        const space = spaceAfter(kind, window, input)
        const channels = input.at(-1)!
        const initial = { bound: 1 / Math.sqrt(channels * sizeOf(window.size)) }
        return {
          output: [...space, filters],
          parameters: [
            { name: 'weight', shape: [filters, channels, ...window.size], initial },
            { name: 'bias', shape: [filters], initial },
          ],
        }
      },
      stepsAfter: stepsAfter(window),
      forward(x, { tape, parameter, lengths }) {
        const y = convolutionOp.run(tape, [x, parameter('weight'), parameter('bias')], { ...window, lengths })
        return activation ? pointwise.run(tape, [y], activations[activation]) : y
      },
      step: () => refuseStep(kind),
    }
  }

/**
 * Filters over time: `[B, T, F]` → `[B, T', filters]`. Parameters as in PyTorch's `nn.Conv1d`: `weight [filters, F, size]` and
 * `bias [filters]`, both starting uniform in ±1/√(F·size). Steps behind a sequence's length are never read.
 * @throws InputError when an option is out of its range; from `init`, when the window fits nowhere
 */
export const conv1d = over('conv1d', 1)

/**
 * Filters over rows and columns: `[B, H, W, C]` → `[B, H', W', filters]`, with a size for both or `[rows, columns]`. Parameters as
 * in PyTorch's `nn.Conv2d`: `weight [filters, C, rows, columns]` and `bias [filters]`. See `conv1d`.
 */
export const conv2d = over('conv2d', 2)
