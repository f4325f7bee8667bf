import { logAdd } from '../base/logarithms.ts'

const NEVER = Number.NEGATIVE_INFINITY

/**
 * All ways in which the steps of a sequence can spell a target (Graves et al. 2006): its classes in order, each over one step
 * or more, blanks anywhere between them and always between two that are equal. In logarithms, float64.
 */
export class CtcPaths {
  /** Log of the probability that one of these ways is taken. */
  readonly logProbability: number
  private readonly logs: Float64Array
  private readonly classes: number
  private readonly steps: number
  /** The target with a blank before, between and behind its classes. */
  private readonly places: readonly number[]
  /** Log-probability of all beginnings that stand at place s after step t, `[T, places]`. */
  private readonly forward: Float64Array

  /** @param logs log-probabilities of the classes at each step, `[T, classes]` */
  constructor(logs: Float64Array, classes: number, target: readonly number[], blank: number) {
    this.logs = logs
    this.classes = classes
    this.steps = logs.length / classes
    this.places = [blank, ...target.flatMap((label) => [label, blank])]
    const { length } = this.places
    this.forward = new Float64Array(this.steps * length).fill(NEVER)
    for (let t = 0; t < this.steps; t++)
      for (let s = 0; s < length; s++) {
        let begun = NEVER
        if (t === 0) begun = s < 2 ? 0 : NEVER
        else for (let hop = 0; hop < 3; hop++) if (this.hops(s - hop, s)) begun = logAdd(begun, this.before(t, s - hop))
        this.forward[t * length + s] = begun + this.log(t, s)
      }
    const last = this.steps * length
    if (this.steps === 0) this.logProbability = target.length === 0 ? 0 : NEVER
    else this.logProbability = logAdd(this.forward[last - 1]!, length > 1 ? this.forward[last - 2]! : NEVER)
  }

  /** Adds `scale` times the derivative of -logProbability by the scores that a softmax made into `logs`. */
  addGradient(into: { [index: number]: number }, at: number, scale: number): void {
    const { steps, classes, places, forward, logs, logProbability } = this
    const { length } = places
    for (const [i, log] of logs.entries()) into[at + i]! += scale * Math.exp(log)
    /** Log-probability of all endings from place s, after step t. */
    let endings = Float64Array.from(places, (_, s) => (s >= length - 2 ? 0 : NEVER))
    for (let t = steps - 1; t >= 0; t--) {
      for (const [s, label] of places.entries())
        into[at + t * classes + label]! -= scale * Math.exp(forward[t * length + s]! + endings[s]! - logProbability)
      const after = endings
      endings = endings.map((_, s) => {
        let ended = NEVER
        for (let hop = 0; hop < 3; hop++)
          if (this.hops(s, s + hop)) ended = logAdd(ended, after[s + hop]! + this.log(t, s + hop))
        return ended
      })
    }
  }

  /** Whether a step may go from one place to another, at most two further: past one whose neighbours differ. */
  private hops(from: number, to: number): boolean {
    const { places } = this
    if (from < 0 || to >= places.length) return false
    return to - from < 2 || places[from] !== places[to]
  }

  private before(t: number, s: number): number {
    return this.forward[(t - 1) * this.places.length + s]!
  }

  private log(t: number, s: number): number {
    return this.logs[t * this.classes + this.places[s]!]!
  }
}

/** The fewest steps that spell a target: one for each class, and a blank between two that are equal. */
export const fewestSteps = (target: readonly number[]): number =>
  target.filter((label, i) => label === target[i - 1]).length + target.length
