import { InputError, suggestion } from '../base/errors.ts'
import { node } from '../base/node.ts'
import type { Kernels, Tier } from './contract.ts'
import { ReferenceKernels } from './reference.ts'
import { type SelfTest, selfTest, speed } from './self-test.ts'
import { WasmKernels } from './wasm/kernels.ts'
import { threadPool } from './wasm/threads.ts'
import { tierShapes, type WasmTier } from './wasm/tiers.ts'

/** Which kernels to use: a tier, or the fastest that works here. */
export type KernelChoice = Tier | 'auto'

/** What a choice comes to, and why. */
export interface ChosenTier {
  readonly tier: Tier
  readonly reason: string
}

const wasmTiers = Object.keys(tierShapes) as WasmTier[]
let automatic: ChosenTier | undefined
const tested = new Map<WasmTier, SelfTest>()

/** What is known of each tier here: why it can't run, or how its self-test went. Each is tested once a process. */
export function surveyTiers(): { readonly tier: WasmTier; readonly unavailable?: string; readonly test?: SelfTest }[] {
  return wasmTiers.map((tier) => {
    const unavailable = tierShapes[tier].unavailable()
    if (unavailable) return { tier, unavailable }
    return { tier, test: testOf(tier) }
  })
}

function testOf(tier: WasmTier): SelfTest {
  const test = tested.get(tier) ?? selfTest(WasmKernels.on(tier, undefined))
  tested.set(tier, test)
  return test
}

/**
 * The tier that a choice comes to. `auto` is what UNROLLED_KERNELS says, or else the fastest tier that passes its
 * self-test.
 *
 * @throws InputError when a tier is asked for that is unknown, can't run here, or fails its self-test
 */
export function chooseTier(choice: KernelChoice = 'auto'): ChosenTier {
  if (choice !== 'auto') return { tier: expectTier(choice, 'kernels'), reason: 'asked for' }
  const forced = node?.env.UNROLLED_KERNELS
  if (forced) return { tier: expectTier(forced, 'UNROLLED_KERNELS'), reason: 'set by UNROLLED_KERNELS' }
  automatic ??= fastest()
  return automatic
}

/** A kernel set over a new memory of its own; `alone` keeps it to the calling thread. */
export function createKernels(choice: KernelChoice = 'auto', { alone = false } = {}): Kernels {
  const { tier } = chooseTier(choice)
  return tier === 'reference' ? new ReferenceKernels() : WasmKernels.on(tier, alone ? undefined : threadPool())
}

/** Speeds within this share of the next slower tier's count as equal, so that noise doesn't change the choice from run to run. */
const MARGIN = 0.8

/** Threads that large work may be split over, the calling one among them. */
export const threadCount = (): number => threadPool()?.threads ?? 1

function fastest(): ChosenTier {
  let chosen: Tested | undefined
  for (const tier of wasmTiers.toReversed()) {
    if (tierShapes[tier].unavailable()) continue
    const test = testOf(tier)
    if (test.failure) continue
    // Slower ones yet are not looked at: each takes its time to compile.
    if (chosen && holds(chosen, { tier, test })) break
    chosen = { tier, test }
    // A page's clock is coarse, and its kernels run long before they are optimised: there, the order of the tiers decides.
    if (!node) return { tier, reason: 'the last to pass its self-test' }
  }
  if (!chosen) return { tier: 'reference', reason: 'no WebAssembly tier passes its self-test here' }
  const speed = chosen.test.gigaflops.toFixed(0)
  return { tier: chosen.tier, reason: `fastest in the self-test: ${speed} GFLOP/s in a matrix product` }
}

interface Tested {
  readonly tier: WasmTier
  readonly test: SelfTest
}

/** Whether a tier is as fast as a simpler one at one look at least: on a busy machine a single one may be far off. */
function holds(chosen: Tested, simpler: Tested): boolean {
  if (chosen.test.gigaflops >= MARGIN * simpler.test.gigaflops) return true
  const again = ({ tier }: Tested) => speed(WasmKernels.on(tier, undefined))
  for (let look = 0; look < 4; look++) if (again(chosen) >= MARGIN * again(simpler)) return true
  return false
}

function expectTier(name: string, where: string): Tier {
  const known: Tier[] = ['reference', ...wasmTiers]
  if (!known.includes(name as Tier))
    throw new InputError(
      `${where}: '${name}' is not a kernel set${suggestion(name, known)} (known: ${known.join(', ')})`,
    )
  if (name === 'reference') return name
  const tier = name as WasmTier
  const reason = tierShapes[tier].unavailable()
  if (reason) throw new InputError(`${where}: the kernels '${tier}' can't run here: ${reason}`)
  const { failure } = testOf(tier)
  if (failure) throw new InputError(`${where}: the kernels '${tier}' fail their self-test here: ${failure}`)
  return tier
}
