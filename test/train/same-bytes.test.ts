import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { dense, fit, gru, lstm, samplesFrom, sequential } from '../../src/index.ts'
import { surveyTiers } from '../../src/kernels/index.ts'

/**
 * What this training came to on Node 20.20, 24.21 and 26.10, which cut their products into other tiles. Relaxed multiply-adds
 * are fused or not as the processor has it: these bytes are those of one that fuses.
 */
const known = {
  simd: '9b0f6924c4be092b',
  relaxed: 'ee7036bf509d5f23',
}

const here = surveyTiers().flatMap(({ tier, unavailable }) => (unavailable ? [] : [String(tier)]))
const cases = Object.entries(known).filter(([kernels]) => here.includes(kernels))

test.each(cases)('%s kernels give the same bytes on every engine', async (kernels, bytes) => {
  const [count, steps, inputs] = [61, 13, 3]
  const wave = (length: number, speed: number) => Float32Array.from({ length }, (_, i) => ((i * speed) % 97) / 48.5 - 1)
  const train = samplesFrom({
    inputs: { data: wave(count * steps * inputs, 37), shape: [count, steps, inputs] },
    targets: { data: wave(count, 53), shape: [count, 1] },
    lengths: Array.from({ length: count }, (_, i) => 1 + (i % steps)),
  })
  const layers = [lstm(19, { bidirectional: 'concat' }), gru(23, { returns: 'last' }), dense(1)]
  const model = sequential(layers).init({ inputs, seed: 3, kernels: kernels as 'simd' })
  for await (const _ of fit(model, { train }, { epochs: 2, batch: 25, seed: 5, clipNorm: 1 }));
  const hash = createHash('sha256')
  for (const { data } of model.parameters.read().values())
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  expect(hash.digest('hex').slice(0, 16)).toBe(bytes)
})
