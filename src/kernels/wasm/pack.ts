import { Assembler, type Local } from './assembler.ts'
import { type FunctionBody, I32 } from './encoder.ts'

/**
 * pack(rows, columns, from, rowStride, columnStride, to, gap): the right side of a product as panels of a tile's width, each
 * panel row by row, the last one filled up with zeros; `gap` is what the rows of other matrices take in each.
 */
export function emitPack(width: number): FunctionBody {
  const a = new Assembler(Array(7).fill(I32))
  const [rows, columns, from, rowStride, columnStride, to, gap] = [0, 1, 2, 3, 4, 5, 6]
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
      a.advance(to, gap).advance(columns, { bytes: -width })
    },
  )
  return a.body([], 'pack')
}

/** Bytes between the tiles of a packed left side: so much more than its numbers that a row's last vector may run over. */
const SPARE = 64

/**
 * packLeft(k, m, from, rowStride): a left side whose columns are contiguous (k of them, `rowStride` bytes apart, of m
 * elements each) as tiles of `rows` rows in the thread's scratch at `block`: a tile's numbers in the order its product
 * takes them. What stands in rows over the last one's edge is not read.
 */
export function emitPackLeft(rows: number, block: number): FunctionBody {
  const a = new Assembler(Array(4).fill(I32))
  const [k, m, from, rowStride] = [0, 1, 2, 3]
  const [to, at, target, rest, tileBytes] = [a.local(), a.local(), a.local(), a.local(), a.local()]
  packedTileEnd(a.i32(0), k, rows).set(tileBytes)
  a.global(0).i32(block).op('i32.add').set(to)
  a.while(
    () => a.get(k).i32(0).op('i32.gt_s'),
    () => {
      a.get(from).set(at).get(to).set(target).get(m).set(rest)
      a.while(
        () => a.get(rest).i32(0).op('i32.gt_s'),
        () => {
          // The last vector runs over into the next step's numbers, which are written after it.
          for (let j = 0; j < rows; j += 4)
            a.get(target, at)
              .op('v128.load', 4 * j)
              .op('v128.store', 4 * j)
          a.advance(at, { bytes: 4 * rows })
            .advance(target, tileBytes)
            .advance(rest, { bytes: -rows })
        },
      )
      a.advance(from, rowStride)
        .advance(to, { bytes: 4 * rows })
        .advance(k, { bytes: -1 })
    },
  )
  return a.body([], 'packLeft')
}

/** Adds the size of a packed tile, in bytes, to the address on the stack. */
export const packedTileEnd = (a: Assembler, k: Local, rows: number): Assembler =>
  a
    .get(k)
    .i32(4 * rows)
    .op('i32.mul')
    .op('i32.add')
    .i32(SPARE)
    .op('i32.add')
