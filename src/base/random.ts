import { InputError } from './errors.ts'

/**
 * Counter-based random numbers: the n-th number of a stream is a pure function of (seed, stream name, n), so any
 * position can be resumed and streams never disturb each other. The mixer is the 32-bit finaliser of MurmurHash3
 * (Appleby 2011), applied in two rounds over a 64-bit key.
 */
export class Random {
  readonly seed: number
  readonly stream: string
  position: number
  private readonly key0: number
  private readonly key1: number

  /**
   * @param seed any whole number
   * @param stream what the numbers are for, for example `'shuffle'`: each name has a stream of its own
   * @param position how many numbers have been drawn already
   */
  constructor(seed: number, stream = '', position = 0) {
    if (!Number.isSafeInteger(seed)) throw new InputError(`seed: expected a whole number, got ${seed}`)
    this.seed = seed
    this.stream = stream
    this.position = position
    let hash = mix(seed | 0) ^ mix(Math.floor(seed / 2 ** 32) | 0)
    this.key0 = mix(hash + 0x9e3779b9)
    for (let i = 0; i < stream.length; i++) hash = mix(hash + stream.charCodeAt(i) + 0x85ebca6b)
    this.key1 = mix(hash + 0xc2b2ae35)
  }

  /** A stream of its own below this one. */
  fork(name: string): Random {
    return new Random(this.seed, `${this.stream}/${name}`)
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const n = this.position++
    return mix(mix(n ^ this.key0) + (Math.floor(n / 2 ** 32) ^ this.key1)) >>> 0
  }

  /** Uniform in [0, 1) with 53 bits, drawing two positions. */
  uniform(): number {
    const high = this.bits() >>> 5
    const low = this.bits() >>> 6
    return (high * 2 ** 26 + low) / 2 ** 53
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform()
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n)
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** The numbers 0 … n-1 in random order (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const held = order[i]!
      order[i] = order[j]!
      order[j] = held
    }
    return order
  }
}

function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
