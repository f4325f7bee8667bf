import { expectOneOf, InputError, shown } from '../base/errors.ts'
import { plainActivations, type Settings, settableActivations, settings } from '../expr/activations.ts'
import { clip, type Expr } from '../expr/index.ts'

type Plain = keyof typeof plainActivations
type Settable = keyof typeof settings

/**
 * An activation by its name, or with settings: `'tanh'`, `'leakyRelu'`, `{ name: 'leakyRelu', alpha: 0.1 }`. What is not
 * set is as ONNX has it; its `hardSigmoid` is max(0, min(1, 0.2x + 0.5)), which Keras has since 3.0 with α = 1/6.
 */
export type Activation =
  | Plain
  | Settable
  | { readonly name: Plain }
  | { readonly [N in Settable]: { readonly name: N } & Partial<Settings<N>> }[Settable]

/** The largest pre-activation an activation is given, in magnitude, or none. */
export type Clip = number | false

/**
 * What an option of a cell stands for: clips its argument, then applies the activation.
 * @param what names the option in a refusal: `lstm: activation`
 */
export function activate(what: string, activation: Activation, limit: Clip = false): (x: Expr) => Expr {
  const apply = find(what, activation)
  if (limit === false) return apply
  if (typeof limit !== 'number' || !(limit > 0))
    throw new InputError(`${what.split(':')[0]}: clip: expected a number above 0, or false, got ${shown(limit)}`)
  return (x) => apply(clip(x, limit))
}

function find(what: string, activation: Activation): (x: Expr) => Expr {
  const { name, ...given } = (typeof activation === 'object' && activation) || { name: activation }
  expectOneOf(what, name, [...Object.keys(plainActivations), ...Object.keys(settings)].sort())
  const defaults: Readonly<Record<string, number>> = name in settings ? settings[name as Settable] : {}
  for (const [setting, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, setting))
      throw new InputError(
        `${what}: ${name} has no setting '${setting}' (it has ${Object.keys(defaults).join(' and ') || 'none'})`,
      )
    if (!Number.isFinite(value))
      throw new InputError(`${what}: expected a finite ${setting} for ${name}, got ${shown(value)}`)
  }
  if (!(name in settings)) return plainActivations[name as Plain]
  const apply = settableActivations[name as Settable] as (x: Expr, settings: object) => Expr
  return (x) => apply(x, { ...defaults, ...given })
}
