import { node } from '../../base/node.ts'
import type { Tier } from '../contract.ts'
import { Assembler } from './assembler.ts'
import { encodeModule, V128 } from './encoder.ts'
import type { ProductShape } from './multiply.ts'
import type { PointwiseShape } from './pointwise.ts'

export type WasmTier = Exclude<Tier, 'reference'>

/** How a tier's kernels are written and compiled. */
export interface TierShape {
  readonly product: ProductShape
  readonly pointwise: PointwiseShape
  /** Says why the tier can't run here; nothing where it can. */
  unavailable(): string | undefined
  /** V8 flags that its modules are compiled under, where V8 takes flags. */
  readonly flags: readonly string[]
}

const v8 = () => node?.getBuiltinModule('node:v8')
const nodeMajor = Number(node?.versions.node.split('.')[0] ?? 0)

// As measured: V8 before Node 24 keeps constants in the code best, and loops that are short.
const early = nodeMajor > 0 && nodeMajor < 24
const constants = early ? 'code' : 'memory'
const narrow = early ? { rows: 4, vectors: 2, unroll: 1 } : { rows: 6, vectors: 2, unroll: 4 }

export const tierShapes: { readonly [T in WasmTier]: TierShape } = {
  simd: {
    product: { ...narrow, fused: false },
    pointwise: { groups: 2, fused: false, constants },
    unavailable: () => undefined,
    flags: [],
  },
  relaxed: {
    product: { ...narrow, fused: true },
    pointwise: { groups: 2, fused: true, constants },
    unavailable() {
      // Node 20 knows relaxed SIMD behind a flag. It stays set: functions are compiled when they first run.
      if (nodeMajor === 20) v8()?.setFlagsFromString('--experimental-wasm-relaxed-simd')
      return WebAssembly.validate(fusedModule()) ? undefined : 'this engine has no relaxed SIMD'
    },
    flags: [],
  },
  wide: {
    product: { rows: 6, vectors: 4, unroll: 4, fused: true },
    pointwise: { groups: 4, fused: true, constants },
    unavailable() {
      if (nodeMajor < 24) return 'it needs Node 24 or later, which joins pairs of vectors'
      if (process.arch !== 'x64') return `it needs an x64 processor, this is ${process.arch}`
      return v8() ? undefined : 'V8 takes no flags here'
    },
    flags: ['experimental-wasm-revectorize'],
  },
}

/**
 * Compiles a module of a tier. In Node the optimising compiler does it at once, under flags that are set back behind it:
 * a kernel's first run is as fast as its thousandth, and other modules are compiled as ever.
 */
export function compileModule(tier: WasmTier, bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const flags = v8()
  if (!flags) return new WebAssembly.Module(bytes)
  const on = tierShapes[tier].flags
  const off = ['liftoff', 'wasm-lazy-compilation']
  const set = (names: readonly string[], prefix: string) => {
    for (const name of names) flags.setFlagsFromString(`--${prefix}${name}`)
  }
  set(on, '')
  set(off, 'no-')
  try {
    return new WebAssembly.Module(bytes)
  } finally {
    set(on, 'no-')
    set(off, '')
  }
}

/** The smallest module with a fused multiply-add. */
function fusedModule(): Uint8Array<ArrayBuffer> {
  const a = new Assembler([V128])
  return encodeModule([a.get(0, 0, 0).op('f32x4.relaxed_madd').body([V128])])
}
