import type { Address } from '../kernels/index.ts'
import type { Model } from '../layers/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import type { Optimizer } from './optimizers/index.ts'

/** What is remembered of each parameter. */
export interface RoomOptions {
  readonly optimizer: Optimizer
  /** Decay of a moving average of the weights; none where absent. */
  readonly ema?: number | undefined
  /** Whether weights are kept aside by `keep`. */
  readonly keepBest?: boolean | undefined
}

/** Rooms as large as all parameters, by what they hold: the weights, the optimiser's slots, an average, the best. */
export class Rooms {
  private readonly parameters: Model['parameters']
  private readonly byName: ReadonlyMap<string, Address>
  /** In the order of the optimiser. */
  readonly slots: readonly Address[]
  readonly average: Address | undefined
  private readonly best: Address | undefined

  constructor(parameters: Model['parameters'], { optimizer, ema, keepBest }: RoomOptions) {
    this.parameters = parameters
    const slots = Object.entries(optimizer.slots).map(([slot, start]) => {
      const name = `${optimizer.name} ${slot}`
      const at = parameters.slot(name)
      parameters.clear(at, start)
      return [name, at] as const
    })
    this.slots = slots.map(([, at]) => at)
    this.average = ema === undefined ? undefined : parameters.slot('average')
    this.best = keepBest ? parameters.slot('best') : undefined
    const copies = Object.entries({ average: this.average, best: this.best }).flatMap(([name, at]) =>
      at === undefined ? [] : [[name, at] as const],
    )
    for (const [, at] of copies) parameters.copy(parameters.at, at)
    this.byName = new Map([['weights', parameters.at], ...slots, ...copies])
  }

  /** Puts the average in place of the weights, where there is one, or back again. */
  exchange(): void {
    if (this.average !== undefined) this.parameters.swap(this.parameters.at, this.average)
  }

  /** Keeps the average, or the weights where there is none. */
  keep(): void {
    this.parameters.copy(this.average ?? this.parameters.at, this.best!)
  }

  /** Leaves the model with the weights that were kept, or with their average where there is one. */
  finish(kept: boolean): void {
    const from = kept ? this.best : this.average
    if (from !== undefined) this.parameters.copy(from, this.parameters.at)
  }

  /** All they hold, by names such as `adam m/0.weight`. */
  tensors(): Map<string, Tensor> {
    const named = [...this.byName].flatMap(([room, at]) =>
      [...this.parameters.copies(at)].map(([name, tensor]) => [`${room}/${name}`, tensor] as const),
    )
    return new Map(named)
  }

  /** @throws InputError when a tensor is missing or of another shape */
  restore(tensors: ReadonlyMap<string, Tensor>): void {
    for (const [room, at] of this.byName) this.parameters.write(under(tensors, room), `fit: resume: ${room}`, at)
  }
}

/** The tensors whose names begin with a room's, by the rest of their names. */
export const under = (tensors: ReadonlyMap<string, Tensor>, room: string): Map<string, Tensor> =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(`${room}/`) ? [[name.slice(room.length + 1), tensor] as const] : [],
    ),
  )
