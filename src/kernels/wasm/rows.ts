import { Assembler, type Local } from './assembler.ts'
import { encodeModule, type FunctionBody, I32 } from './encoder.ts'

/**
 * Emits a module that moves rows, with sizes in elements and addresses in bytes:
 * - `zero(to, count)`;
 * - `gatherRows(to, from, index, rows, columns)`: row i of `to` ← row `index[i]` of `from`;
 * - `scatterRows(to, from, index, rows, columns)`: row `index[i]` of `to` ← row i of `from`;
 * - `scatterAddRows(to, from, index, rows, columns)`: row `index[i]` of `to` += row i of `from`.
 */
export function emitRows(): Uint8Array<ArrayBuffer> {
  return encodeModule([emitZero(), emitGather(), emitScatter(), emitScatterAdd()])
}

function emitZero(): FunctionBody {
  const a = new Assembler([I32, I32])
  const [to, count] = [0, 1]
  return a.get(to).i32(0).get(count).i32(4).op('i32.mul').fillBytes().body([], 'zero')
}

function emitGather(): FunctionBody {
  return emitOverRows('gatherRows', (a, { to, from, row, bytes }) => {
    a.get(to).get(from, row, bytes).op('i32.mul').op('i32.add').get(bytes).copyBytes()
    a.advance(to, bytes)
  })
}

function emitScatter(): FunctionBody {
  return emitOverRows('scatterRows', (a, { to, from, row, bytes }) => {
    a.get(to, row, bytes).op('i32.mul').op('i32.add').get(from, bytes).copyBytes()
    a.advance(from, bytes)
  })
}

function emitScatterAdd(): FunctionBody {
  return emitOverRows('scatterAddRows', (a, { to, from, row, bytes, at, end }) => {
    a.get(to, row, bytes).op('i32.mul').op('i32.add').tee(at).get(bytes).op('i32.add').set(end)
    const add = (load: 'v128.load' | 'v128.load32_zero', store: 'v128.store' | 'v128.store32_lane', size: number) =>
      a.while(
        () => a.get(at).i32(size).op('i32.add').get(end).op('i32.le_s'),
        () => {
          a.get(at, at).op(load).get(from).op(load).op('f32x4.add').op(store)
          a.advance(at, { bytes: size }).advance(from, { bytes: size })
        },
      )
    add('v128.load', 'v128.store', 16)
    add('v128.load32_zero', 'v128.store32_lane', 4)
  })
}

/** A function over the rows of an index; the body does one row. */
function emitOverRows(
  name: string,
  body: (a: Assembler, locals: { [L in 'to' | 'from' | 'row' | 'bytes' | 'at' | 'end']: Local }) => void,
): FunctionBody {
  const a = new Assembler(Array(5).fill(I32))
  const [to, from, index, rows, columns] = [0, 1, 2, 3, 4]
  const [row, bytes, at, end] = [a.local(), a.local(), a.local(), a.local()]
  a.get(columns).i32(4).op('i32.mul').set(bytes)
  a.while(
    () => a.get(rows).i32(0).op('i32.gt_s'),
    () => {
      a.load('i32.load', index, 0, row)
      body(a, { to, from, row, bytes, at, end })
      a.advance(index, { bytes: 4 }).advance(rows, { bytes: -1 })
    },
  )
  return a.body([], name)
}
