import { InputError, shown, suggestion } from '../base/errors.ts'
import type { Expr } from '../expr/index.ts'
import type { CellGraph } from './graph.ts'
import { trace } from './trace.ts'

/** Orders in which file formats stack the gates of a weight matrix. */
export type Convention = 'pytorch' | 'onnx' | 'keras'

/** Settings that choose among variants of a cell; plain JSON, so that model files can hold them. */
export type CellOptions = Readonly<Record<string, CellOption>>
type CellOption = string | number | boolean | readonly number[] | { readonly [setting: string]: string | number }

/** A state as the step before left it. */
export interface PreviousState extends Expr {
  /** The same state that many steps back: `h.back(1)` is h itself, `h.back(3)` is h[t-3]. */
  back(steps: number): Expr
}

/** What a step's equations are written with. */
export type StepScope<S extends string> = { readonly [State in S]: PreviousState } & {
  /** The input of this step; mostly used inside `linear`. */
  readonly x: Expr
  /**
   * The product named `gate`: Σ W·operand + b over the operands, each with a weight block and a bias of its own.
   * An operand is the input, a previous state, or any expression of a unit.
   */
  linear(gate: string, ...operands: Expr[]): Expr
  /** W·expr without a bias, of the projected size: what a state listed under `projected` is returned as. Once a cell. */
  project(expr: Expr): Expr
  /** A learned vector, one number a unit, that starts at `initial`. */
  parameter(name: string, initial: number): Expr
  /** A vector that is not learned, its number for each unit; the cell then has as many units. */
  given(name: string, values: readonly number[]): Expr
}

/** What a step returns: every state by its name, and anything worth looking at under `gates`. */
export type StepResult<S extends string, G extends string> = { readonly [State in S]: Expr } & {
  readonly gates?: { readonly [Gate in G]: Expr }
}

/** A cell as its author writes it. */
export interface CellSpec<S extends string, G extends string, O extends CellOptions> {
  readonly name: string
  /** State names; the first is the cell's output. */
  readonly state: readonly S[]
  /** States of the projected size; all others, and every `linear`, are of the hidden size. */
  readonly projected?: readonly NoInfer<S>[]
  /** Default options, handed to `step` as its second argument. */
  readonly options?: O
  /** Where a convention stacks the gates otherwise than in the order of the equations. */
  readonly order?: { readonly [C in Convention]?: readonly string[] }
  step(scope: StepScope<NoInfer<S>>, options: O): StepResult<NoInfer<S>, G>
}

/** A cell: its traced equations and the data around them. `S` and `G` are the names of its states and gates. */
export interface Cell<S extends string = string, G extends string = string, O extends CellOptions = CellOptions> {
  readonly name: string
  readonly states: readonly S[]
  readonly gates: readonly G[]
  readonly options: O
  readonly graph: CellGraph
  /** The names of the products in the order in which a convention stacks them. */
  order(convention: Convention): readonly string[]
  /** The same cell with other options. */
  with(options: Partial<O>): Cell<S, G, O>
}

/**
 * Defines a cell by its equations, which are traced once.
 *
 * @throws InputError when the step returns a state that was not declared, or lacks one that was, or names two products
 * of one matrix alike, or anything in it is not what it should be
 */
export function defineCell<
  const S extends string,
  const G extends string = never,
  O extends CellOptions = Record<never, never>,
>(spec: CellSpec<S, G, O>): Cell<S, G, O> {
  const { name, state, step } = spec
  if (!isWord(name)) throw new InputError(`defineCell: name: expected a word, got ${shown(name)}`)
  if (!Array.isArray(state) || !state.every(isWord))
    throw new InputError(`cell '${name}': state: expected names such as ['h'], got ${shown(state)}`)
  if (typeof step !== 'function')
    throw new InputError(`cell '${name}': step: expected a function of { x, h, linear }, got ${shown(step)}`)
  return create(spec, spec.options ?? ({} as O))
}

const isWord = (name: unknown) => typeof name === 'string' && name !== ''

function create<S extends string, G extends string, O extends CellOptions>(
  spec: CellSpec<S, G, O>,
  options: O,
): Cell<S, G, O> {
  const graph = trace(spec.name, spec.state, spec.projected ?? [], (scope) =>
    spec.step(scope as unknown as StepScope<S>, options),
  )
  const traced = [...new Set(graph.products.map((product) => product.name))]
  for (const [convention, names] of Object.entries(spec.order ?? {}))
    if ([...(names as string[])].sort().join() !== [...traced].sort().join())
      throw new InputError(
        `cell '${spec.name}': its ${convention} order lists ${(names as string[]).join(', ')}, ` +
          `but its products are ${traced.join(', ')}`,
      )
  return {
    name: spec.name,
    states: spec.state,
    gates: [...graph.gates.keys()] as G[],
    options,
    graph,
    order: (convention) => spec.order?.[convention] ?? spec.order?.pytorch ?? traced,
    with(changes) {
      for (const key of Object.keys(changes))
        if (!Object.hasOwn(options, key))
          throw new InputError(
            `cell '${spec.name}' has no option '${key}'${suggestion(key, Object.keys(options))}` +
              ` (it has ${Object.keys(options).join(', ') || 'none'})`,
          )
      return create(spec, { ...options, ...changes })
    },
  }
}
