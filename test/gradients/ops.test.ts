import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as autograd from '../../src/autograd/index.ts'
import { type Op, type OpSample, type OpSamples, Tape, type Variable } from '../../src/autograd/index.ts'
import { Random } from '../../src/base/random.ts'
import { sizeOf } from '../../src/base/shape.ts'
import {
  createKernels,
  type KernelChoice,
  type Kernels,
  planningKernels,
  surveyTiers,
} from '../../src/kernels/index.ts'

type AnyOp = Op<unknown> & { readonly samples: readonly OpSample<unknown>[] }

const isOp = (value: unknown): value is Op<unknown> =>
  typeof value === 'object' && value !== null && 'run' in value && 'name' in value
const files = readdirSync(new URL('../../src/autograd', import.meta.url)).map((file) => file.replace('.ts', ''))
const modules = await Promise.all(files.map((file) => import(`../../src/autograd/${file}.ts`)))
/** Each operation with the samples that its file has for it. */
const ops = files.flatMap((file, i): AnyOp[] => {
  const { samples, ...rest } = modules[i] as Record<string, unknown>
  const op = Object.values(rest)
    .filter(isOp)
    .find(({ name }) => name.replaceAll(' ', '-') === file)
  return op ? [{ ...op, samples: (samples as OpSamples<unknown>)() }] : []
})
const STEP = 1e-5

/** The op on these inputs, its result weighted at random into a loss, and the gradient by every input. */
function evaluate(op: Op<unknown>, sample: OpSample<unknown>, inputs: readonly Float64Array[], choice: KernelChoice) {
  return evaluateOn(createKernels(choice), op, sample, inputs)
}

function evaluateOn(kernels: Kernels, op: Op<unknown>, sample: OpSample<unknown>, inputs: readonly Float64Array[]) {
  const tape = new Tape(kernels, new Random(5, 'op'))
  const variables = inputs.map((data, i): Variable => {
    return tape.input({ data, shape: sample.shapes[i]! }, !op.data?.includes(i))
  })
  const result = op.run(tape, variables, sample.options)
  const random = new Random(6, 'weights')
  const weights = Array.from({ length: result.size }, () => random.between(-1, 1))
  const loss = Array.from(tape.read(result).data).reduce((sum, value, i) => sum + value * weights[i]!, 0)
  tape.backward(result, weights)
  const gradients = variables.map((v) => Array.from(tape.read({ ...v, at: tape.gradient(v) }).data))
  return { loss, gradients }
}

test('every file of autograd that is an operation is checked, and is exported', () => {
  const others = [
    'ctc-paths',
    'element-loss',
    'index',
    'likelihoods',
    'loss',
    'losses',
    'op',
    'patches',
    'tape',
    'watching-tape',
  ]
  expect(ops.map(({ name }) => name.replaceAll(' ', '-')).sort()).toEqual(
    files.filter((file) => !others.includes(file)).sort(),
  )
  const exported = Object.values<unknown>(autograd as Record<string, unknown>).filter(isOp)
  expect(exported.map(({ name }) => name).sort()).toEqual(ops.map(({ name }) => name).sort())
})

/** Numbers for the inputs of a sample, the same for the same sample. */
function drawn(op: Op<unknown>, sample: OpSample<unknown>, i: number): Float64Array[] {
  const random = new Random(i, op.name)
  const draw = sample.draw ?? ((r: Random) => r.between(-1, 1))
  return sample.shapes.map((shape, j) => Float64Array.from({ length: sizeOf(shape) }, () => draw(random, j)))
}

describe.each(ops.map((op) => [op.name, op] as const))('%s', (_, op) => {
  test.each(op.samples.map((sample, i) => [i, sample] as const))('sample %i', (i, sample) => {
    const inputs = drawn(op, sample, i)
    const { gradients } = evaluate(op, sample, inputs, 'reference')
    const inWasm = evaluate(op, sample, inputs, 'auto')
    for (const [j, data] of inputs.entries()) {
      if (op.data?.includes(j)) continue
      const numeric = Array.from(data, (value, k) => {
        const at = (x: number) => {
          data[k] = x
          return evaluate(op, sample, inputs, 'reference').loss
        }
        const slope = (at(value + STEP) - at(value - STEP)) / (2 * STEP)
        data[k] = value
        return slope
      })
      const scale = Math.max(1e-3, ...numeric.map(Math.abs))
      const furthest = (values: readonly number[]) =>
        Math.max(...numeric.map((n, k) => Math.abs(n - values[k]!))) / scale
      expect(furthest(gradients[j]!), `input ${j}, reference`).toBeLessThan(1e-6)
      expect(furthest(inWasm.gradients[j]!), `input ${j}, WebAssembly`).toBeLessThan(1e-5)
    }
  })

  test.each(['reference', ...surveyTiers().flatMap(({ tier, test }) => (test ? [tier] : []))] as const)(
    'kernels that only count take the room of %s, or more where numbers decide how much',
    (tier) => {
      for (const [i, sample] of op.samples.entries()) {
        const inputs = drawn(op, sample, i)
        const [real, counting] = [createKernels(tier), planningKernels(tier)]
        for (const kernels of [real, counting]) evaluateOn(kernels, op, sample, inputs)
        const [taken, planned] = [real.memory.usage().arenaPeak, counting.memory.usage().arenaPeak]
        expect(taken).toBeGreaterThan(0)
        if (op.name === 'cross entropy') expect(planned).toBeGreaterThanOrEqual(taken)
        else expect(planned).toBe(taken)
      }
    },
  )
})
