import type { Model } from '../layers/index.ts'
import type { ParameterGroup, Span } from './groups.ts'

/** Parameters that one job works on. */
const STRETCH = 2 ** 16

/** Some of the parameters, counted from the first of all, and which stretch it is. */
export type StretchJob = (first: number, length: number, group: ParameterGroup, index: number) => void

/** Spans of parameters, cut for the threads. */
export class Stretches {
  readonly all: readonly Span[]
  private readonly kernels: Model['kernels']

  constructor(kernels: Model['kernels'], spans: readonly Span[]) {
    this.kernels = kernels
    this.all = spans.flatMap(({ first, length, group }) =>
      Array.from({ length: Math.ceil(length / STRETCH) }, (_, i) => ({
        first: first + i * STRETCH,
        length: Math.min(STRETCH, length - i * STRETCH),
        group,
      })),
    )
  }

  /** Does something with each, on all threads. */
  each(job: StretchJob): void {
    const { memory } = this.kernels
    const mark = memory.mark()
    this.kernels.parallel([
      this.all.map(
        ({ first, length, group }, i) =>
          () =>
            job(first, length, group, i),
      ),
    ])
    memory.release(mark)
  }
}
