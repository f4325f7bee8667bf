import { InputError } from '../base/errors.ts'
import { logAdd, logSoftmax } from '../base/logarithms.ts'
import { expectWhole, type PlainTensor, showShape, sizeOf } from '../base/shape.ts'

export interface CtcDecodeOptions {
  /** The class that stands for none; 0 by default. */
  readonly blank?: number
  /** Steps of each sequence; all T where absent. */
  readonly lengths?: ArrayLike<number>
}

export interface CtcBeamOptions extends CtcDecodeOptions {
  /** How many beginnings are kept after each step; 16 by default. */
  readonly width?: number
}

/** Classes that the steps may spell, and how likely that is. */
export interface CtcGuess {
  readonly classes: readonly number[]
  /** Log of its probability, over all its ways that were kept: exactly -CTC where the width leaves none out. */
  readonly logProbability: number
}

/**
 * What logits `[B, T, C]` spell by the likeliest class of each step, repeats merged and blanks dropped: for each sequence its
 * classes. The likeliest single way, which is not always the likeliest spelling.
 */
export function ctcGreedy(logits: PlainTensor, options: CtcDecodeOptions = {}): number[][] {
  return sequencesOf('ctcGreedy', logits, options, (logs, classes, blank) => {
    const best = Array.from({ length: logs.length / classes }, (_, t) => {
      const row = logs.subarray(t * classes, (t + 1) * classes)
      return row.indexOf(Math.max(...row))
    })
    return best.filter((label, t) => label !== blank && label !== best[t - 1])
  })
}

/**
 * What logits `[B, T, C]` spell by prefix beam search (Hannun et al. 2014): for each sequence, at most `width` guesses, the
 * likeliest first. All ways that spell the same are counted together.
 */
export function ctcBeamSearch(logits: PlainTensor, { width = 16, ...options }: CtcBeamOptions = {}): CtcGuess[][] {
  expectWhole('ctcBeamSearch: width', width)
  return sequencesOf('ctcBeamSearch', logits, options, (logs, classes, blank) => {
    let beams: Beam[] = [{ key: '', classes: [], ended: 0, open: NEVER }]
    for (let from = 0; from < logs.length; from += classes)
      beams = likeliest(grown(beams, logs.subarray(from, from + classes), blank), width)
    return beams.map((beam) => ({ classes: beam.classes, logProbability: probabilityOf(beam) }))
  })
}

const NEVER = Number.NEGATIVE_INFINITY

/** A beginning: log-probabilities of its ways that end in a blank, and of those that end in its last class. */
interface Beam {
  readonly key: string
  readonly classes: readonly number[]
  ended: number
  open: number
}

const probabilityOf = ({ ended, open }: Beam): number => logAdd(ended, open)

const likeliest = (beams: Beam[], width: number): Beam[] =>
  beams.sort((a, b) => probabilityOf(b) - probabilityOf(a)).slice(0, width)

/** Every beginning one step on. */
function grown(beams: readonly Beam[], logs: Float64Array, blank: number): Beam[] {
  const next = new Map<string, Beam>()
  const at = (key: string, classes: () => readonly number[]): Beam => {
    const beam = next.get(key) ?? { key, classes: classes(), ended: NEVER, open: NEVER }
    next.set(key, beam)
    return beam
  }
  for (const beam of beams) {
    const last = beam.classes.at(-1)
    const any = probabilityOf(beam)
    for (const [label, log] of logs.entries()) {
      if (log === NEVER) continue
      const same = () => at(beam.key, () => beam.classes)
      if (label === blank) same().ended = logAdd(same().ended, any + log)
      else {
        // The same class again goes on with it, and is a new one only behind a blank.
        if (label === last) same().open = logAdd(same().open, beam.open + log)
        const before = label === last ? beam.ended : any
        if (before === NEVER) continue
        const longer = at(`${beam.key} ${label}`, () => [...beam.classes, label])
        longer.open = logAdd(longer.open, before + log)
      }
    }
  }
  return [...next.values()]
}

/** Decodes each sequence of a batch from its log-probabilities. */
function sequencesOf<R>(
  what: string,
  { data, shape }: PlainTensor,
  { blank = 0, lengths }: CtcDecodeOptions,
  decode: (logs: Float64Array, classes: number, blank: number) => R,
): R[] {
  const [batch, steps, classes] = shape as [number, number, number]
  if (shape.length !== 3 || data.length !== sizeOf(shape))
    throw new InputError(
      `${what}: expected logits [batch, time, classes], got ${data.length} numbers of ${showShape(shape)}`,
    )
  expectWhole(`${what}: blank`, blank, 0, classes - 1)
  if (lengths && lengths.length !== batch)
    throw new InputError(`${what}: expected a length for each of ${batch} sequences, got ${lengths.length}`)
  return Array.from({ length: batch }, (_, b) => {
    const length = lengths?.[b] ?? steps
    expectWhole(`${what}: length ${b}`, length, 0, steps)
    const from = b * steps * classes
    const scores = Array.from({ length: length * classes }, (_, i) => data[from + i]!)
    return decode(logSoftmax(scores, classes), classes, blank)
  })
}
