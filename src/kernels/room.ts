import type { Address } from './contract.ts'

/** How a memory is laid out. */
export interface RoomShape {
  /** Bytes of an element. */
  readonly bytes: number
  /** Elements that each piece starts at a multiple of. */
  readonly alignment: number
  /** Where the room begins. */
  readonly first: Address
}

/** How memories give out room, counted in elements: what is kept from the bottom up, and above it the arena. */
export class Room {
  private readonly shape: RoomShape
  private kept: Address
  private top: Address
  private peak: Address

  constructor(shape: RoomShape) {
    this.shape = shape
    this.kept = this.top = this.peak = shape.first
  }

  keep(length: number): Address {
    if (this.top !== this.kept) throw new RangeError('keep() while the arena is in use')
    const at = this.take(length)
    this.kept = this.top
    return at
  }

  take(length: number): Address {
    const at = this.top
    const { alignment } = this.shape
    this.top = at + Math.ceil(length / alignment) * alignment
    this.peak = Math.max(this.peak, this.top)
    this.reach(this.top)
    return at
  }

  mark(): number {
    return this.top
  }

  release(mark: number): void {
    this.top = mark
  }

  /** The end of what has ever been given out. */
  protected get reached(): Address {
    return this.peak
  }

  /** Bytes kept, and the most the arena has held. */
  used(): { readonly kept: number; readonly arenaPeak: number } {
    const { bytes } = this.shape
    return { kept: bytes * this.kept, arenaPeak: bytes * (this.peak - this.kept) }
  }

  /** Called when room up to `end` has been given out. */
  protected reach(_end: Address): void {}
}
