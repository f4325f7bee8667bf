import { InputError } from '../base/errors.ts'
import type { FloatArray } from '../base/samples.ts'
import type { Architecture } from './layer.ts'

/** The version of what a state holds; one of another version is refused. */
const FORMAT = 1

/** What a stream remembers: plain data that survives JSON, `structuredClone` and a database. */
export interface StreamState {
  readonly format: number
  /** The architecture it belongs to, as JSON text. */
  readonly architecture: string
  readonly sessions: number
  /** Every state `[sessions, units]`, rows first; `0.h_l0` is state `h` of the first cell in layer 0. */
  readonly values: Readonly<Record<string, readonly number[]>>
}

/** What a state belongs to: an architecture for any number of steps. */
export const stateOwner = ({ layers, inputs }: Architecture): string => JSON.stringify({ layers, inputs })

export function formatState(
  architecture: string,
  sessions: number,
  states: ReadonlyMap<string, FloatArray>,
): StreamState {
  const values = Object.fromEntries([...states].map(([name, numbers]) => [name, Array.from(numbers)]))
  return { format: FORMAT, architecture, sessions, values }
}

/**
 * The values of a state that came from anywhere.
 * @param states the states it must have, as long as they are for all sessions
 * @throws InputError when it belongs to another architecture or number of sessions, or is damaged
 */
export function parseState(
  state: unknown,
  architecture: string,
  sessions: number,
  states: ReadonlyMap<string, { readonly length: number }>,
): StreamState['values'] {
  const given = (typeof state === 'object' && state !== null ? state : {}) as Partial<StreamState>
  if (given.format !== FORMAT)
    throw new InputError(
      `state: expected what stream.state gives, of format ${FORMAT}, got format ${JSON.stringify(given.format)}`,
    )
  if (given.architecture !== architecture)
    throw new InputError(
      `state: it belongs to another architecture: expected ${architecture}, got ${given.architecture}`,
    )
  if (given.sessions !== sessions) throw new InputError(`state: expected ${sessions} sessions, got ${given.sessions}`)
  const values = given.values ?? {}
  for (const [name, { length }] of states) {
    const numbers: unknown = values[name]
    if (!Array.isArray(numbers) || numbers.length !== length || !numbers.every(Number.isFinite))
      throw new InputError(`state: expected ${length} finite numbers in '${name}'; it is damaged`)
  }
  return values
}
