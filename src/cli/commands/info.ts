import { arch, availableParallelism, cpus, platform } from 'node:os'
import { chooseTier, surveyTiers, threadCount } from '../../kernels/index.ts'
import { print } from '../output.ts'
import { tableLines } from '../table.ts'
import { version } from '../version.ts'

export async function info(flags: { json?: boolean }): Promise<void> {
  const tiers = surveyTiers()
  const chosen = chooseTier()
  const machine = {
    platform: platform(),
    arch: arch(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  }
  const versions = { unrolled: version, node: process.versions.node, v8: process.versions.v8 }
  print(flags, { versions, machine, kernels: chosen, threads: threadCount(), tiers }, () => [
    `unrolled ${versions.unrolled}, Node ${versions.node}, V8 ${versions.v8}`,
    `${machine.platform} ${machine.arch}, ${machine.processor}, ${machine.cores} cores`,
    '',
    `Kernels: ${chosen.tier} (${chosen.reason})`,
    `Threads: ${threadCount()}`,
    '',
    ...tableLines(
      ['tier', 'GFLOP/s', 'self-test'],
      tiers.map(({ tier, unavailable, test }) => [
        tier,
        test && !test.failure ? test.gigaflops.toFixed(0) : '–',
        unavailable ?? test?.failure ?? 'passed',
      ]),
    ),
    '',
    'UNROLLED_KERNELS=simd and UNROLLED_THREADS=1, for example, force others.',
  ])
}
