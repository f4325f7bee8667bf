import { expectOneOf, InputError, suggestion } from '../base/errors.ts'
import { expectWhole, fits, type Shape, showShape } from '../base/shape.ts'
import type { Layer, ParameterSpec, Sizes } from './layer.ts'
import { buildStack } from './stack.ts'

/** Layers as a whole. */
export interface BuiltLayers {
  readonly inputShape: Shape
  readonly outputShape: Shape
  readonly parameters: readonly ParameterSpec[]
  /** Names that stand for one of the parameters. */
  readonly ties: ReadonlyMap<string, string>
}

/**
 * What layers come to, one after another: their parameters are named `0.weight`, and nothing is allocated yet.
 * @throws InputError when a layer can't take what the one before gives
 */
export function buildLayers(layers: readonly Layer[], { inputs, steps }: Sizes): BuiltLayers {
  if (typeof inputs === 'string') expectOneOf('init: inputs', inputs, ['tokens'])
  else expectWhole('init: inputs', inputs)
  if (steps !== undefined) expectWhole('init: steps', steps)
  const inputShape = inputs === 'tokens' ? [steps ?? -1] : [steps ?? -1, inputs]
  const { output, parameters: specs } = buildStack(layers, inputShape)
  const parameters = specs.filter(({ tie }) => tie === undefined)
  const tied = specs.filter(({ tie }) => tie !== undefined)
  for (const spec of tied) expectTie(spec, parameters)
  return { inputShape, outputShape: output, parameters, ties: new Map(tied.map(({ name, tie }) => [name, tie!])) }
}

/** @throws InputError when a parameter can't be the one it is tied to */
function expectTie({ name, shape, tie }: ParameterSpec, parameters: readonly ParameterSpec[]): void {
  const known = parameters.map((parameter) => parameter.name)
  const other = parameters.find((parameter) => parameter.name === tie)
  if (!other)
    throw new InputError(`tie: the model has no parameter '${tie}' of its own for '${name}'${suggestion(tie!, known)}`)
  if (!fits(shape, other.shape))
    throw new InputError(`tie: '${name}' is of ${showShape(shape)} and '${tie}' of ${showShape(other.shape)}`)
}
