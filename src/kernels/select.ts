import { InputError, suggestion } from '../base/errors.ts'
import type { Kernels, Tier } from './contract.ts'
import { ReferenceKernels } from './reference.ts'
import { WasmKernels } from './wasm/kernels.ts'

/** Which kernels to use: a tier, or the fastest that works here. */
export type KernelChoice = Tier | 'auto'

const tiers: { readonly [T in Tier]: () => Kernels } = {
  reference: () => new ReferenceKernels(),
  simd: () => new WasmKernels('simd'),
}

/** The tier that a choice comes to, with the reason in words. `UNROLLED_KERNELS` decides what `auto` means. */
export function chooseTier(choice: KernelChoice = 'auto'): { tier: Tier; reason: string } {
  if (choice !== 'auto') return { tier: expectTier(choice, 'kernels'), reason: 'asked for' }
  const forced = typeof process === 'undefined' ? undefined : process.env.UNROLLED_KERNELS
  if (forced) return { tier: expectTier(forced, 'UNROLLED_KERNELS'), reason: 'set by UNROLLED_KERNELS' }
  return { tier: 'simd', reason: 'WebAssembly SIMD, which every supported engine has' }
}

/** A kernel set over a new memory of its own. */
export function createKernels(choice: KernelChoice = 'auto'): Kernels {
  return tiers[chooseTier(choice).tier]()
}

function expectTier(name: string, where: string): Tier {
  const known = Object.keys(tiers)
  if (known.includes(name)) return name as Tier
  throw new InputError(`${where}: '${name}' is not a kernel set${suggestion(name, known)} (known: ${known.join(', ')})`)
}
