import { Assembler, type Local } from './assembler.ts'
import { encodeModule, type FunctionBody, I32, V128 } from './encoder.ts'

/** Choices by which products run fastest on different engines. */
export interface ProductShape {
  /** Rows of a tile. */
  readonly rows: number
  /** Vectors of four columns of a tile. */
  readonly vectors: number
}

/** Inner steps written out one after another where the left side lies along its rows. */
const UNROLL = 4

/**
 * Emits a module with
 * - `pack(rows, columns, from, rowStride, columnStride, to)`: panels of a tile's width, each panel row by row, the last
 *   one filled up with zeros;
 * - `multiplyRows` and `multiplyColumns(m, n, k, left, leftStride, right, out, outStride, start, startStride, scratch)`:
 *   out = start + left · right, for a left side whose rows (or columns) are contiguous. `start` 0 means zero.
 *
 * All strides and addresses are in bytes, sizes in elements. Tile by tile the accumulators stay in registers (Goto & van
 * de Geijn 2008); a tile over the right edge is computed in `scratch`.
 */
export function emitMultiply(shape: ProductShape): Uint8Array<ArrayBuffer> {
  const tiles = (byRows: boolean) =>
    Array.from({ length: shape.rows }, (_, i) => emitTile(i + 1, shape.vectors, byRows))
  const width = 4 * shape.vectors
  return encodeModule([
    ...tiles(true),
    ...tiles(false),
    emitDriver('multiplyRows', shape.rows, width, 0, true),
    emitDriver('multiplyColumns', shape.rows, width, shape.rows, false),
    emitPack(width),
  ])
}

/** tile(k, left, leftStride, right, out, outStride, start, startStride) for a fixed number of rows. */
function emitTile(rows: number, vectors: number, byRows: boolean): FunctionBody {
  const a = new Assembler(Array(8).fill(I32))
  const [k, left, leftStride, right, out, outStride, start, startStride] = [0, 1, 2, 3, 4, 5, 6, 7]
  const accumulators = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => a.local(V128)))
  const panel = Array.from({ length: vectors }, () => a.local(V128))
  const factor = a.local(V128)
  // By rows each row has its own pointer; by columns the rows of a tile lie side by side.
  const pointers = byRows ? Array.from({ length: rows }, (_, i) => (i === 0 ? left : a.local())) : [left]
  for (const [i, pointer] of pointers.entries())
    if (i > 0)
      a.get(pointers[i - 1]!, leftStride)
        .op('i32.add')
        .set(pointer)

  a.get(start).if(() => {
    for (const row of accumulators) {
      for (const [j, accumulator] of row.entries()) a.load('v128.load', start, 16 * j, accumulator)
      a.advance(start, startStride)
    }
  })

  const innerSteps = (count: number) => {
    for (let p = 0; p < count; p++) {
      for (const [j, vector] of panel.entries()) a.load('v128.load', right, 16 * (p * vectors + j), vector)
      for (const [i, row] of accumulators.entries()) {
        a.load('v128.load32_splat', pointers[i] ?? left, byRows ? 4 * p : 4 * i, factor)
        for (const [j, accumulator] of row.entries())
          a.get(accumulator).get(factor, panel[j]!).op('f32x4.mul').op('f32x4.add').set(accumulator)
      }
    }
    a.advance(right, { bytes: 16 * vectors * count })
    for (const pointer of pointers) a.advance(pointer, byRows ? { bytes: 4 * count } : leftStride)
    a.advance(k, { bytes: -count })
  }
  if (byRows)
    a.while(
      () =>
        a
          .get(k)
          .i32(UNROLL - 1)
          .op('i32.gt_s'),
      () => innerSteps(UNROLL),
    )
  a.while(
    () => a.get(k).i32(0).op('i32.gt_s'),
    () => innerSteps(1),
  )

  for (const row of accumulators) {
    for (const [j, accumulator] of row.entries()) a.get(out, accumulator).op('v128.store', 16 * j)
    a.advance(out, outStride)
  }
  return a.body()
}

/** Walks the tiles of a product, panel by panel, so that a panel stays in the nearest cache while all rows pass it. */
function emitDriver(name: string, tileRows: number, width: number, firstTile: number, byRows: boolean): FunctionBody {
  const a = new Assembler(Array(11).fill(I32))
  const [m, n, k, left, leftStride, right, out, outStride, start, startStride, scratch] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]
  const [rowsLeft, l, o, s] = [a.local(), a.local(), a.local(), a.local()]
  const [i, j, edge] = [a.local(), a.local(), a.local()]

  const callTile = (
    rows: number,
    target: Local,
    targetStride: Local | number,
    from: Local,
    fromStride: Local | number,
  ) => {
    const stride = (value: Local | number, fixed: boolean) => (fixed ? a.i32(4 * width) : a.get(value))
    a.get(k, l, leftStride, right, target)
    stride(targetStride, target === scratch)
    a.get(from)
    stride(fromStride, from === scratch)
    a.call(firstTile + rows - 1)
  }
  /** Copies the columns that exist between a matrix and the scratch tile. */
  const copy = (rows: number, from: Local, fromStride: Local, to: Local, toStride: Local) => {
    const [f, t] = [a.local(), a.local()]
    const strideOf = (base: Local, stride: Local) => (base === scratch ? a.i32(4 * width) : a.get(stride))
    a.i32(0).set(i)
    a.while(
      () => a.get(i).i32(rows).op('i32.lt_s'),
      () => {
        for (const [pointer, base, stride] of [[f, from, fromStride] as const, [t, to, toStride] as const]) {
          a.get(base, i)
          strideOf(base, stride).op('i32.mul').op('i32.add').set(pointer)
        }
        a.i32(0).set(j)
        a.while(
          () => a.get(j, n).op('i32.lt_s'),
          () => {
            a.get(t, f).op('v128.load32_zero').op('v128.store32_lane')
            for (const pointer of [f, t]) a.advance(pointer, { bytes: 4 })
            a.advance(j, { bytes: 1 })
          },
        )
        a.advance(i, { bytes: 1 })
      },
    )
  }
  const tile = (rows: number) => {
    a.get(n)
      .i32(width)
      .op('i32.lt_s')
      .if(
        () => {
          a.get(s).set(edge)
          a.get(s).if(() => {
            copy(rows, s, startStride, scratch, scratch)
            a.get(scratch).set(edge)
          })
          a.get(k, l, leftStride, right, scratch)
            .i32(4 * width)
            .get(edge)
            .i32(4 * width)
            .call(firstTile + rows - 1)
          copy(rows, scratch, scratch, o, outStride)
        },
        () => callTile(rows, o, outStride, s, startStride),
      )
  }
  const next = (rows: number) => {
    for (let r = 0; r < rows; r++) {
      if (byRows) a.advance(l, leftStride)
      a.advance(o, outStride)
      a.get(s).if(() => a.advance(s, startStride))
    }
    if (!byRows) a.advance(l, { bytes: 4 * rows })
    a.advance(rowsLeft, { bytes: -rows })
  }

  a.while(
    () => a.get(n).i32(0).op('i32.gt_s'),
    () => {
      a.get(m).set(rowsLeft)
      a.get(left).set(l)
      a.get(out).set(o)
      a.get(start).set(s)
      a.while(
        () =>
          a
            .get(rowsLeft)
            .i32(tileRows - 1)
            .op('i32.gt_s'),
        () => {
          tile(tileRows)
          next(tileRows)
        },
      )
      for (let rows = tileRows - 1; rows > 0; rows--)
        a.get(rowsLeft)
          .i32(rows - 1)
          .op('i32.gt_s')
          .if(() => {
            tile(rows)
            next(rows)
          })
      // The next panel: `width` columns on, `k` rows of it behind us.
      a.get(right, k)
        .i32(4 * width)
        .op('i32.mul')
        .op('i32.add')
        .set(right)
      a.advance(out, { bytes: 4 * width })
      a.get(start).if(() => a.advance(start, { bytes: 4 * width }))
      a.advance(n, { bytes: -width })
    },
  )
  return a.body([], name)
}

/** pack(rows, columns, from, rowStride, columnStride, to) */
function emitPack(width: number): FunctionBody {
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
