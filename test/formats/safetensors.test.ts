import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { sizeOf } from '../../src/base/shape.ts'
import { expectFinite, type FloatTensor, formatSafetensors, parseSafetensors } from '../../src/formats/safetensors.ts'

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
const tensor = fc.tuple(shapes, fc.boolean()).chain(([shape, single]) => {
  const length = { minLength: sizeOf(shape), maxLength: sizeOf(shape) }
  const data = single ? fc.float32Array(length) : fc.float64Array(length)
  return data.map((data): FloatTensor => ({ shape, data }))
})
const names = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', '0', 'größe', '"\\'),
)
const tensorMaps = fc.array(fc.tuple(names, tensor), { maxLength: 5 }).map((entries) => new Map(entries))
const metadatas = fc.dictionary(names, fc.string({ unit: 'grapheme' }))

const small = new Map<string, FloatTensor>([
  ['weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['bias', { shape: [2], data: Float64Array.of(0.1, 0.2) }],
])

describe('a written file', () => {
  it('reads back exactly: names, shapes, every bit, metadata', () => {
    fc.assert(
      fc.property(tensorMaps, metadatas, (tensors, metadata) => {
        const read = parseSafetensors(formatSafetensors(tensors, metadata), 'a file')
        expect(read.metadata).toEqual(metadata)
        expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort())
        for (const [name, { shape, data }] of tensors) {
          const stored = read.tensors.get(name)
          expect(stored).toEqual({ dtype: data instanceof Float32Array ? 'F32' : 'F64', shape, data })
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is the same byte for byte, in the order given, with its data at a multiple of eight', () => {
    const bytes = formatSafetensors(small, { made: 'here' })
    const header =
      '{"__metadata__":{"made":"here"},"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},' +
      '"bias":{"dtype":"F64","shape":[2],"data_offsets":[24,40]}}'
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8)
    expect(bytes.slice(0, 8)).toEqual(Uint8Array.of(padded.length, 0, 0, 0, 0, 0, 0, 0))
    expect(new TextDecoder().decode(bytes.slice(8, 8 + padded.length))).toBe(padded)
    expect(new Float32Array(bytes.slice(8 + padded.length).buffer, 0, 6)).toEqual(small.get('weight')?.data)
    expect(bytes.length).toBe(8 + padded.length + 40)
  })

  it('holds only the part of a buffer that its tensor views', () => {
    const tensors = new Map([['middle', { shape: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) }]])
    expect(parseSafetensors(formatSafetensors(tensors), 'a file').tensors.get('middle')?.data).toEqual(
      Float32Array.of(2, 3),
    )
  })

  it('is refused where data does not fill its shape, or a tensor takes the name of the metadata', () => {
    const wrong = new Map([['weight', { shape: [2, 2], data: Float32Array.of(1, 2, 3) }]])
    expect(() => formatSafetensors(wrong)).toThrow('tensor "weight": shape [2, 2] needs 4 numbers, got 3')
    const taken = new Map([['__metadata__', { shape: [1], data: Float32Array.of(1) }]])
    expect(() => formatSafetensors(taken)).toThrow("a tensor cannot be named '__metadata__'; give it another name")
  })
})

describe('a file written by the Python library (golden/python-safetensors.py)', () => {
  it('is read exactly in every dtype, wherever it lies in memory', async () => {
    const bytes = await readFile(new URL('../golden/python.safetensors', import.meta.url))
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3) // at an odd offset, as in a larger buffer
    for (const file of [bytes, shifted.subarray(3)]) {
      const { tensors, metadata } = parseSafetensors(file, 'python.safetensors')
      expect(metadata).toEqual({ 'made by': 'python', größe: 'klein' })
      expect(Object.fromEntries(tensors)).toEqual({
        f64: { dtype: 'F64', shape: [2, 2], data: Float64Array.of(Math.PI, -0, 5e-324, Number.MAX_VALUE) },
        f32: {
          dtype: 'F32',
          shape: [2, 3],
          data: Float32Array.of(1.5, -2.25, Math.PI, 1e-45, 3.4028235e38, Infinity),
        },
        // biome-ignore format: one number a step of the format's range
        f16: { dtype: 'F16', shape: [8], data: Float32Array.of(1, -2.5, 65504, 2 ** -14, 2 ** -24, 1023 * 2 ** -24, Infinity, -Infinity) },
        bf16: { dtype: 'BF16', shape: [5], data: Float32Array.of(1, -3.140625, 255 * 2 ** 120, 2 ** -133, Infinity) },
        i64: { dtype: 'I64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
        i32: { dtype: 'I32', shape: [2], data: Int32Array.of(-(2 ** 31), 7) },
        u8: { dtype: 'U8', shape: [2], data: Uint8Array.of(0, 255) },
        bool: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
        scalar: { dtype: 'F32', shape: [], data: Float32Array.of(0.5) },
        empty: { dtype: 'F32', shape: [0, 3], data: new Float32Array(0) },
      })
    }
  })

  it('keeps the NaN of half precision', () => {
    const header = '{"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}'
    const { tensors } = parseSafetensors(fileOf(header, Uint8Array.of(1, 0x7c, 0, 0xfe)), 'a file')
    expect(tensors.get('x')?.data).toEqual(Float32Array.of(NaN, NaN))
  })
})

describe('a damaged or hostile file', () => {
  it('is refused at whatever byte it is cut', () => {
    const whole = formatSafetensors(small)
    for (let length = 0; length < whole.length; length++) {
      const problem =
        length < 8 ? `expected a safetensors file of at least 8 bytes, got ${length}` : 'the file is cut short'
      expect(() => parseSafetensors(whole.subarray(0, length), 'm.safetensors')).toThrow(`m.safetensors: ${problem}`)
    }
  })

  it('never ends in anything but a sentence, whichever byte is changed', () => {
    const whole = formatSafetensors(small, { made: 'here' })
    for (let at = 0; at < whole.length; at++)
      for (const value of [0, 0x22, 0x7b, 0xff, whole[at]! ^ 1]) {
        const changed = whole.slice()
        changed[at] = value
        try {
          parseSafetensors(changed, 'm.safetensors')
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }
  })

  it('cannot claim a header longer than the format or the file allows', () => {
    const claim = (length: bigint) => {
      const bytes = new Uint8Array(16)
      new DataView(bytes.buffer).setBigUint64(0, length, true)
      return () => parseSafetensors(bytes, 'm.safetensors')
    }
    const tooLong = 'm.safetensors: expected a safetensors header of at most 100000000 bytes, got'
    expect(claim(-1n)).toThrow(`${tooLong} 18446744073709551615; give a safetensors file`)
    expect(claim(100_000_001n)).toThrow(`${tooLong} 100000001;`)
    expect(claim(100_000_000n)).toThrow('the file is cut short: expected a header of 100000000 bytes, got 8; copy or')
    expect(claim(0n)).toThrow("expected a safetensors header that starts with '{' at byte 8")
  })

  const f32 = (shape: string, offsets: string) => `{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

  it.each([
    ['an array', '[1]', 0, "expected a safetensors header that starts with '{' at byte 8"],
    ['no JSON', '{"a":', 0, 'expected a header of UTF-8 JSON, got 5 bytes that are not; copy or save the file again'],
    ['a key twice', `{"a":${f32('[1]', '[0,4]')},"a":1}`, 4, 'expected each key of the header once, got "a" twice'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":1}', 0, 'got "a" twice'],
    ['a key twice, apart', '{"a" :{"shape":[]},"a"\n :1}', 0, 'got "a" twice'],
    ['a key twice inside', '{"a":{"dtype":"F32","dtype":"F64"}}', 0, 'got "dtype" twice'],
    ['a key twice after quotes', '{"x":"\\"a\\\\","a":1,"a":1}', 0, 'got "a" twice'],
    ['metadata that is no object', '{"__metadata__":["a"]}', 0, '__metadata__: expected an object of texts, got ["a"]'],
    ['metadata that is no text', '{"__metadata__":{"a":1}}', 0, '__metadata__ "a": expected text, got 1'],
    [
      'a tensor that is no object',
      '{"a":null}',
      0,
      'tensor "a": expected an object of dtype, shape and data_offsets, got null',
    ],
    ['a tensor that is deep', `{"a":${deep}}`, 0, 'shape and data_offsets, got [[…]]'],
    ['a tensor named __proto__', '{"__proto__":{"x":{}}}', 0, 'tensor "__proto__": expected dtype F64, F32,'],
    [
      'an unknown dtype',
      '{"a":{"dtype":"F8_E4M3"}}',
      0,
      'tensor "a": expected dtype F64, F32, F16, BF16, I64, I32, U8, BOOL, got "F8_E4M3"; convert it first',
    ],
    ['an inherited dtype', '{"a":{"dtype":"constructor"}}', 0, 'BOOL, got "constructor"'],
    ['no dtype', '{"a":{}}', 0, 'BOOL, got nothing'],
    [
      'a negative size',
      `{"a":${f32('[-1]', '[0,4]')}}`,
      4,
      'tensor "a": expected a shape of whole numbers of at least 0, got [-1]',
    ],
    ['half a size', `{"a":${f32('[0.5]', '[0,4]')}}`, 4, 'got [0.5]'],
    ['a size beyond exactness', `{"a":${f32('[9007199254740992]', '[0,4]')}}`, 4, 'got [9007199254740992]'],
    ['a deep shape', `{"a":${f32(deep, '[0,4]')}}`, 4, 'at least 0, got [[…]]'],
    [
      'a product that overflows',
      `{"a":${f32('[4294967296,4294967296,1]', '[0,0]')}}`,
      0,
      'tensor "a": expected 73786976294838210000 bytes for F32 [4294967296, 4294967296, 1], got data_offsets [0, 0]',
    ],
    [
      'a product that overflows, then nothing',
      `{"a":${f32(`[${'9007199254740991,'.repeat(30)}0]`, '[0,4]')}}`,
      4,
      'got data_offsets [0, 4]',
    ],
    [
      'too many bytes for the shape',
      `{"a":${f32('[1]', '[0,8]')}}`,
      8,
      'tensor "a": expected 4 bytes for F32 [1], got data_offsets [0, 8]',
    ],
    [
      'offsets backwards',
      `{"a":${f32('[1]', '[4,0]')}}`,
      4,
      'tensor "a": expected data_offsets [begin, end] in bytes, got [4, 0]',
    ],
    ['offsets below zero', `{"a":${f32('[1]', '[-4,0]')}}`, 4, 'got [-4, 0]'],
    ['three offsets', `{"a":${f32('[1]', '[0,4,8]')}}`, 4, 'got [0, 4, 8]'],
    [
      'an overlap',
      `{"a":${f32('[2]', '[0,8]')},"b":${f32('[1]', '[4,8]')}}`,
      8,
      'tensor "b" overlaps another: expected its data at byte 8, got 4',
    ],
    [
      'one place for two',
      `{"a":${f32('[1]', '[0,4]')},"b":${f32('[1]', '[0,4]')}}`,
      4,
      'tensor "b" overlaps another: expected its data at byte 4, got 0',
    ],
    [
      'a gap',
      `{"a":${f32('[1]', '[0,4]')},"b":${f32('[1]', '[8,12]')}}`,
      12,
      'tensor "b" leaves a gap: expected its data at byte 4, got 8',
    ],
    [
      'bytes at the end',
      `{"a":${f32('[1]', '[0,4]')}}`,
      7,
      'expected 4 bytes of data, got 3 more that no tensor claims',
    ],
    ['data cut off', `{"a":${f32('[1]', '[0,4]')}}`, 3, 'the file is cut short: expected 4 bytes of data, got 3'],
    ['a long name', `{"${'n'.repeat(1000)}":1}`, 0, `tensor "${'n'.repeat(80)}…": expected`],
  ])('is refused for %s', (_, header, dataBytes, sentence) => {
    const parse = () => parseSafetensors(fileOf(header, new Uint8Array(dataBytes)), 'm.safetensors')
    expect(parse).toThrow(InputError)
    expect(parse).toThrow(/^m\.safetensors: [^\n]{1,300}$/)
    expect(parse).toThrow(sentence)
  })

  it('is refused where the header is not UTF-8', () => {
    const bytes = fileOf('{"?":1}', new Uint8Array(0))
    bytes[10] = 0xff
    expect(() => parseSafetensors(bytes, 'm')).toThrow('m: expected a header of UTF-8 JSON, got 7 bytes that are not')
  })

  it('may say one key in two objects, and a key as a value', () => {
    const header = `{"__metadata__":{"dtype":"dtype","x":"a"},"b":${f32('[]', '[0,4]')},"x":${f32('[0]', '[4,4]')}}`
    const { tensors, metadata } = parseSafetensors(fileOf(header, new Uint8Array(4)), 'a file')
    expect([...tensors.keys()]).toEqual(['b', 'x'])
    expect(metadata).toEqual({ dtype: 'dtype', x: 'a' })
  })
})

describe('expectFinite', () => {
  const withData = (data: Float32Array | Float64Array) =>
    parseSafetensors(formatSafetensors(new Map([...small, ['w', { shape: [data.length], data }]])), 'm').tensors

  it('names the tensor, how many and the first', () => {
    expect(() => expectFinite(withData(Float32Array.of(0, NaN, 1, -Infinity)), 'm.safetensors')).toThrow(
      'm.safetensors: expected finite numbers, got 2 of 4 in tensor "w" that are not (the first is NaN at index 1); ' +
        'train again with a smaller learning rate or with clipNorm',
    )
    expect(() => expectFinite(withData(Float64Array.of(-Infinity)), 'm')).toThrow('the first is -Infinity at index 0')
  })

  it('passes finite numbers', () => {
    expect(() => expectFinite(withData(Float32Array.of(0, -3.4e38)), 'm')).not.toThrow()
  })
})

function fileOf(header: string, data: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + json.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  bytes.set(data, 8 + json.length)
  return bytes
}
