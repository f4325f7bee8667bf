/** The machine's own limit: GFLOP/s of multiply-adds in registers on one core. */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseTier, measurePeak } from 'unrolled/kernels'

/** By a C loop with vectors of 256 bits, the most JavaScript engines use, and of 512; by WebAssembly without a compiler. */
export function machinePeak() {
  const narrow = byC(256)
  if (narrow !== undefined) return { by: 'C, 256 bits', gigaflops: narrow, wider: byC(512) }
  const { tier } = chooseTier()
  return { by: `WebAssembly, ${tier} kernels`, gigaflops: tier === 'reference' ? undefined : measurePeak(tier, 1) }
}

/** The better of two runs where both went well. */
export const higher = (one, other) => ((other.gigaflops ?? 0) > (one.gigaflops ?? 0) ? other : one)

function byC(bits) {
  const program = join(tmpdir(), `peak-${process.pid}`)
  const source = fileURLToPath(new URL('peak.c', import.meta.url))
  const flags = ['-O3', '-march=native', `-mprefer-vector-width=${bits}`, '-ffp-contract=fast', `-DWIDTH=${bits / 8}`]
  try {
    execFileSync('cc', [...flags, source, '-o', program], { stdio: 'ignore' })
    return Number(execFileSync(program, { encoding: 'utf8' }).split(' ')[0])
  } catch {
    return undefined
  } finally {
    rmSync(program, { force: true })
  }
}
