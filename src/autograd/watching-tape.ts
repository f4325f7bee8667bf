import type { Random } from '../base/random.ts'
import type { Kernels } from '../kernels/index.ts'
import type { RecurrentRun } from '../recurrence/run.ts'
import type { Phase, Spot } from '../recurrence/spot.ts'
import { type Place, Tape, type Variable } from './tape.ts'

/** What went wrong first, and where. */
export interface Found extends Place {
  readonly phase: Phase
  /** Of the cell that a recurrent operation ran, the gate or state. */
  readonly part?: Pick<Spot, 'kind' | 'name'>
  /** Time step, counted from 0. */
  readonly step?: number
  /** Rows of the batch; none where the numbers are not of samples. */
  readonly samples: readonly number[]
  readonly value: number
  /** What a gradient was handed down to. */
  readonly into?: Variable
}

/** A tape that looks at all numbers as they come, for the first that is not finite, or on the way back is beyond a limit. */
export class WatchingTape extends Tape {
  found: Found | undefined
  private readonly batch: number
  private readonly wrong: { readonly [P in Phase]: (value: number) => boolean }
  private place: Place = {}

  /**
   * @param batch how many samples
   * @param most how large a gradient's numbers may be
   */
  constructor(kernels: Kernels, random: Random | undefined, batch: number, most = Number.MAX_VALUE) {
    super(kernels, random)
    this.batch = batch
    this.wrong = {
      forward: (value) => !Number.isFinite(value),
      backward: (value) => !(Math.abs(value) <= most),
    }
  }

  override within<R>(place: Place, run: () => R): R {
    const outer = this.place
    const layer = place.layer && outer.layer ? { layer: `${place.layer} of ${outer.layer}` } : {}
    this.place = { ...outer, ...place, ...layer }
    try {
      return run()
    } finally {
      this.place = outer
    }
  }

  override look(run: RecurrentRun, phase: Phase): void {
    if (this.found) return
    const spot = run.find(phase, this.wrong[phase])
    if (!spot) return
    const { kind, name, ...where } = spot
    this.found = { ...this.place, phase, part: { kind, name }, ...where }
  }

  override results(...[places, inputs, pullback]: Parameters<Tape['results']>): Variable[] {
    const { place } = this
    const results = super.results(places, inputs, (gradients) => {
      this.within(place, () => pullback(gradients))
      for (const input of inputs)
        if (input.differentiable)
          this.check({ ...input, at: this.gradient(input) }, { ...place, phase: 'backward', into: input })
    })
    for (const result of results) this.check(result, { ...place, phase: 'forward' })
    return results
  }

  private check({ at, shape, size }: Variable, where: Place & Pick<Found, 'phase' | 'into'>): void {
    if (this.found) return
    const { phase, into } = where
    const wrong = this.wrong[phase]
    const numbers = this.kernels.memory.view(at, size)
    const first = numbers.find(wrong)
    if (first === undefined) return
    const [batch, steps] = shape as [number, number]
    if (shape.length < 2 || batch !== this.batch || (into && 'gradient' in into)) {
      this.found = { ...where, samples: [], value: first }
      return
    }
    const rows = shape.length === 3 ? steps : 1
    const width = size / batch / rows
    const places = Array.from({ length: batch * rows }, (_, row) => row).flatMap((row) => {
      const value = numbers.subarray(row * width, (row + 1) * width).find(wrong)
      return value === undefined ? [] : [{ sample: Math.floor(row / rows), step: row % rows, value }]
    })
    const step = places.map((place) => place.step).reduce((a, b) => ((phase === 'forward') === a < b ? a : b))
    const there = places.filter((place) => place.step === step)
    const samples = there.map(({ sample }) => sample)
    this.found = { ...where, ...(shape.length === 3 ? { step } : {}), samples, value: there[0]!.value }
  }
}
