import { Assembler } from './assembler.ts'
import { encodeModule, I32, V128 } from './encoder.ts'
import { WasmMemory } from './memory.ts'
import { compileModule, tierShapes, type WasmTier } from './tiers.ts'

/** Multiply-adds that do not wait for each other: two a cycle, each four to five cycles long, and all in registers. */
const CHAINS = 12
const STEPS = 20_000

/**
 * GFLOP/s of multiply-adds in registers on this thread: what no kernel of the tier can pass on this machine. The best of
 * several runs over so many seconds.
 */
export function measurePeak(tier: WasmTier, seconds = 0.2): number {
  // Neighbouring vectors stand as pairs where the tier's products do, so that the engine joins them here as well.
  const vectors = (CHAINS * tierShapes[tier].product.vectors) / 2
  const memory = new WasmMemory()
  const env = { memory: memory.wasm, scratch: new WebAssembly.Global({ value: 'i32' }, 0) }
  const { exports } = new WebAssembly.Instance(compileModule(tier, emitChains(tier, vectors)), { env })
  const run = exports.run as (steps: number, sums: number, numbers: number) => void
  const [sums, numbers] = [memory.keep(4 * vectors), memory.keep(2)]
  memory.view(numbers, 2).set([0.999, 1e-3])
  let best = 0
  const end = performance.now() + 1000 * seconds
  do {
    const started = performance.now()
    run(STEPS, 4 * sums, 4 * numbers)
    best = Math.max(best, (2 * 4 * vectors * STEPS) / (performance.now() - started) / 1e6)
  } while (performance.now() < end)
  return best
}

/** `run(steps, sums, numbers)`: `steps` times sum = sum · factor + addend, in each of the vectors at `sums`. */
function emitChains(tier: WasmTier, vectors: number): Uint8Array<ArrayBuffer> {
  const a = new Assembler([I32, I32, I32])
  a.fused = tierShapes[tier].product.fused
  const [steps, at, numbers] = [0, 1, 2]
  const sums = Array.from({ length: vectors }, () => a.local(V128))
  const [factor, addend] = [a.local(V128), a.local(V128)]
  a.load('v128.load32_splat', numbers, 0, factor).load('v128.load32_splat', numbers, 4, addend)
  for (const [i, sum] of sums.entries()) a.load('v128.load', at, 16 * i, sum)
  a.while(
    () => a.get(steps),
    () => {
      for (const sum of sums)
        a.multiplyAdd(
          () => a.get(factor, sum),
          () => a.get(addend),
        ).set(sum)
      a.advance(steps, { bytes: -1 })
    },
  )
  for (const [i, sum] of sums.entries()) a.get(at, sum).op('v128.store', 16 * i)
  return encodeModule([a.body([], 'run')])
}
