import {
  chronoBias,
  gru,
  InputError,
  lstm,
  type RecurrentLayer,
  type RecurrentLayerOptions,
  rnn,
  type StartOptions,
} from 'unrolled'

const makers = { rnn, lstm, gru }
const starts = ['uniform', 'orthogonal', 'chrono']

/**
 * A layer by the names that commands take.
 * @param start `uniform` in ±1/√units; `orthogonal` in what reads states; `chrono` besides, gates that keep a state for up to
 * `longest` steps
 */
export function layerOf(
  cell: string,
  units: number,
  { start = 'uniform', longest = 2, ...options }: RecurrentLayerOptions & { start?: string; longest?: number },
): RecurrentLayer {
  if (!Object.hasOwn(makers, cell))
    throw new InputError(`--cell: expected one of ${Object.keys(makers).join(', ')}, got '${cell}'`)
  if (!starts.includes(start)) throw new InputError(`--start: expected one of ${starts.join(', ')}, got '${start}'`)
  if (start === 'uniform') return makers[cell as keyof typeof makers](units, options)
  const orthogonal = { recurrent: 'orthogonal' } satisfies StartOptions
  const times = chronoBias(units, longest)
  if (cell === 'rnn' || start === 'orthogonal')
    return makers[cell as keyof typeof makers](units, { ...options, start: orthogonal })
  return cell === 'gru'
    ? gru(units, { ...options, start: { ...orthogonal, bias: { update: times } } })
    : lstm(units, { ...options, start: { ...orthogonal, bias: { forget: times, input: times.map((b) => -b) } } })
}

/** A whole number that a flag was given. */
export function whole(flag: string, value: string, least = 1): number {
  const number = Number(value)
  if (!(Number.isInteger(number) && number >= least))
    throw new InputError(`--${flag}: expected a whole number of at least ${least}, got '${value}'`)
  return number
}
