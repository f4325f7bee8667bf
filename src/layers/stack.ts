import type { Variable } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import type { Shape } from '../base/shape.ts'
import type { Layer, LayerScope, ParameterSpec, StateSpec } from './layer.ts'

/** Layers one after another, from the one numbered `first` on: what they come to, under names such as `0.weight`. */
export function buildStack(
  layers: readonly Layer[],
  input: Shape,
  first = 0,
): { readonly output: Shape; readonly parameters: readonly ParameterSpec[] } {
  let output = input
  const parameters = layers.flatMap((layer, i) => {
    const built = layer.build(output)
    output = built.output
    return built.parameters.map((spec) => ({ ...spec, name: `${first + i}.${spec.name}` }))
  })
  return { output, parameters }
}

/** What the cells of layers carry, under names such as `0.h_l0`. */
export const statesOf = (layers: readonly Layer[]): StateSpec[] =>
  layers.flatMap(({ states = [] }, i) => states.map((state) => ({ ...state, name: `${i}.${state.name}` })))

/** Runs layers one after another; the scope finds parameters and states by the names above. */
export function runStack(layers: readonly Layer[], x: Variable, scope: LayerScope, first = 0): Variable {
  let { lengths } = scope
  return layers.reduce((input, layer, i) => {
    const { parameter, initial, final } = within(scope, `${first + i}.`)
    const y = scope.tape.within({ layer: `layer ${first + i} (${kindOf(layer)})` }, () =>
      (scope.instead?.(layer) ?? layer).forward(input, { ...scope, lengths, parameter, initial, final }),
    )
    lengths = lengthsAfter([layer], lengths)
    return y
  }, x)
}

/** A recurrent layer goes by its cell. */
const kindOf = ({ config: { kind, cell } }: Layer) => cell ?? kind

/** How often a layer stands among others, and inside them. */
const timesIn = (layers: readonly Layer[], layer: Layer): number =>
  layers.reduce((sum, other) => sum + (other === layer ? 1 : timesIn(other.inside ?? [], layer)), 0)

/** Refuses a layer that is not one of a model's, or stands there more than once. */
export function expectOnce(what: string, layers: readonly Layer[], layer: Layer): void {
  const times = timesIn(layers, layer)
  if (times === 0) throw new InputError(`${what}: this layer is not one of the model`)
  if (times > 1)
    throw new InputError(
      `${what}: this layer stands in the model ${times} times; make one for each place to tell which`,
    )
}

/** How many steps of the layers' outputs count for each sequence, by how many of their inputs; all where they have their own. */
export const lengthsAfter = (layers: readonly Layer[], lengths: ArrayLike<number> | undefined) =>
  layers.reduce(
    (now, { ownSteps, stepsAfter }) =>
      ownSteps ? undefined : stepsAfter && now ? Int32Array.from(now, stepsAfter) : now,
    lengths,
  )

/** Refuses sequences that end early. @throws InputError naming the first of them */
export function expectWholeSequences(what: string, lengths: ArrayLike<number> | undefined, steps: number): void {
  const short = Array.from(lengths ?? []).findIndex((length) => length !== steps)
  if (short >= 0)
    throw new InputError(
      `${what}: expected sequences of one length, got ${lengths![short]} of ${steps} steps in sequence ${short}; ` +
        'cut them to the same number of steps',
    )
}

/** What a scope finds below a prefix. */
export const within = ({ parameter, initial, final }: LayerScope, prefix: string) => ({
  parameter: (name: string) => parameter(prefix + name),
  initial: (name: string) => initial?.(prefix + name),
  final: final && ((name: string, state: Variable) => final(prefix + name, state)),
})
