import { Assembler } from './assembler.ts'
import { type FunctionBody, I32 } from './encoder.ts'

/**
 * pack(rows, columns, from, rowStride, columnStride, to): the right side of a product as panels of a tile's width, each
 * panel row by row, the last one filled up with zeros.
 */
export function emitPack(width: number): FunctionBody {
  const a = new Assembler(Array(6).fill(I32))
  const [rows, columns, from, rowStride, columnStride, to] = [0, 1, 2, 3, 4, 5]
  const [i, j, rowAt, at] = [a.local(), a.local(), a.local(), a.local()]
  const copyRow = () => {
    a.get(rowAt).set(at)
    a.i32(0).set(j)
    a.while(
      () => a.get(j).i32(width).op('i32.lt_s'),
      () => {
        a.get(j, columns)
          .op('i32.lt_s')
          .if(
            () => a.get(to, at).op('v128.load32_zero').op('v128.store32_lane'),
            () => a.get(to).f32x4(0).op('v128.store32_lane'),
          )
        a.advance(to, { bytes: 4 }).advance(at, columnStride).advance(j, { bytes: 1 })
      },
    )
  }
  const copyFullRow = () => {
    for (let v = 0; v < width / 4; v++)
      a.get(to, rowAt)
        .op('v128.load', 16 * v)
        .op('v128.store', 16 * v)
    a.advance(to, { bytes: 4 * width })
  }
  a.while(
    () => a.get(columns).i32(0).op('i32.gt_s'),
    () => {
      a.get(from).set(rowAt)
      a.i32(0).set(i)
      a.while(
        () => a.get(i, rows).op('i32.lt_s'),
        () => {
          a.get(columnStride).i32(4).op('i32.sub').op('i32.eqz')
          a.get(columns)
            .i32(width - 1)
            .op('i32.gt_s')
            .op('i32.mul')
          a.if(copyFullRow, copyRow)
          a.advance(rowAt, rowStride).advance(i, { bytes: 1 })
        },
      )
      a.get(from, columnStride).i32(width).op('i32.mul').op('i32.add').set(from)
      a.advance(columns, { bytes: -width })
    },
  )
  return a.body([], 'pack')
}

/** copyRows(rows, bytes, from, fromStride): rows that lie apart, put side by side in the thread's scratch at `block`. */
export function emitCopyRows(block: number): FunctionBody {
  const a = new Assembler(Array(4).fill(I32))
  const [rows, bytes, from, fromStride] = [0, 1, 2, 3]
  const to = a.local()
  a.global(0).i32(block).op('i32.add').set(to)
  a.while(
    () => a.get(rows).i32(0).op('i32.gt_s'),
    () => {
      a.get(to, from, bytes).copyBytes()
      a.advance(from, fromStride).advance(to, bytes).advance(rows, { bytes: -1 })
    },
  )
  return a.body([], 'copyRows')
}
