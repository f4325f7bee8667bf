import { Assembler, type Local } from './assembler.ts'
import { encodeModule, type FunctionBody, I32, V128 } from './encoder.ts'
import { emitPack, emitPackLeft, packedTileEnd } from './pack.ts'

/** Choices by which products run fastest on different engines. */
export interface ProductShape {
  /** Rows of a tile. */
  readonly rows: number
  /** Vectors of four columns of a tile. */
  readonly vectors: number
  /** Inner steps written out one after another. */
  readonly unroll: number
  /** Multiply and add in one instruction (relaxed SIMD). */
  readonly fused: boolean
}

/** Where a thread's scratch holds a packed block of the left side, behind a tile. */
export const BLOCK = 1024

/**
 * A product of so few rows in all takes inner steps in turn into several sums, since each addition waits for the one before it.
 * In all others each number is one sum, step after step, whatever tile it falls into: engines with other tiles get the same bits.
 */
const FEW = 2
const TURNS = 4

/** How a product finds its left side: rows in place, or the block that `packLeft` has put into the thread's scratch. */
type LeftForm = 'rows' | 'packed'

/**
 * Emits a module with `pack` and `packLeft` (see there) and with `multiplyRows` and `multiplyPacked(m, n, k, left,
 * leftStride, right, out, outStride, start, startStride)`: out = start + left · right. `start` 0 means zero; a packed left
 * side has no address or stride.
 *
 * All strides and addresses are in bytes, sizes in elements. Tile by tile the accumulators stay in registers (Goto & van
 * de Geijn 2008); a tile over the right edge is computed in `scratch`. There are no calls inside: engines that compile
 * ahead of the first run have no record of calls to inline by, and V8 in Node 26 ends the process over it.
 */
export function emitMultiply(shape: ProductShape): Uint8Array<ArrayBuffer> {
  return encodeModule([
    emitProduct('multiplyRows', shape, 'rows'),
    emitProduct('multiplyPacked', shape, 'packed'),
    emitPack(4 * shape.vectors),
    emitPackLeft(shape.rows, BLOCK),
  ])
}

/** Walks the tiles of a product, panel by panel, so that a panel stays in the nearest cache while all rows pass it. */
function emitProduct(name: string, shape: ProductShape, form: LeftForm): FunctionBody {
  const a = new Assembler(Array(10).fill(I32))
  a.fused = shape.fused
  const [m, n, k, left, leftStride, right, out, outStride, start, startStride] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  const scratch = a.local()
  const width = 4 * shape.vectors
  const scratchStride = a.local()
  // Where the present row of tiles stands, and where a tile reads its start and writes its result.
  const at = { left: a.local(), out: a.local(), start: a.local() }
  const [rowsLeft, from, fromStride, to, toStride] = Array.from({ length: 5 }, () => a.local()) as FiveLocals
  const registers = tileRegisters(a, shape, form)
  const tileBytes = a.local()
  const copy = copier(a, n)

  const tile = (rows: number, turns = 1) => {
    a.get(at.start).set(from).get(startStride).set(fromStride).get(at.out).set(to).get(outStride).set(toStride)
    const overEdge = () => a.get(n).i32(width).op('i32.lt_s')
    overEdge().if(() => {
      a.get(scratch).set(to).get(scratchStride).set(toStride)
      a.get(at.start).if(() => {
        copy(rows, at.start, startStride, scratch, scratchStride)
        a.get(scratch).set(from).get(scratchStride).set(fromStride)
      })
    })
    const places = { k, left: at.left, leftStride, right, from, fromStride, to, toStride }
    emitTile(a, rows, turns, shape, form, registers, places)
    overEdge().if(() => copy(rows, scratch, scratchStride, at.out, outStride))
    for (let r = 0; r < rows; r++) {
      if (form === 'rows') a.advance(at.left, leftStride)
      a.advance(at.out, outStride)
      a.get(at.start).if(() => a.advance(at.start, startStride))
    }
    if (form === 'packed') a.advance(at.left, tileBytes)
    a.advance(rowsLeft, { bytes: -rows })
  }

  a.i32(4 * width)
    .set(scratchStride)
    .global(0)
    .set(scratch)
  if (form === 'packed') {
    a.global(0).i32(BLOCK).op('i32.add').set(left)
    packedTileEnd(a.i32(0), k, shape.rows).set(tileBytes)
  }
  a.while(
    () => a.get(n).i32(0).op('i32.gt_s'),
    () => {
      a.get(m).set(rowsLeft).get(left).set(at.left).get(out).set(at.out).get(start).set(at.start)
      const remain = (rows: number) => a.get(rowsLeft).i32(rows).op('i32.ge_s')
      const exactly = (rows: number) => a.get(rowsLeft).i32(rows).op('i32.eq')
      if (form === 'packed') {
        a.while(
          () => remain(shape.rows),
          () => tile(shape.rows),
        )
        for (let rows = shape.rows - 1; rows > FEW; rows--) remain(rows).if(() => tile(rows))
      } else {
        // Rather two tiles of middle size than one of a row or two, which would wait for its own sums.
        const middle = Math.ceil((shape.rows + FEW) / 2)
        a.while(
          () => {
            remain(shape.rows + FEW + 1)
            exactly(shape.rows).op('i32.or')
          },
          () => tile(shape.rows),
        )
        for (let rows = shape.rows - 1; rows > middle; rows--) exactly(rows).if(() => tile(rows))
        a.while(
          () => remain(middle),
          () => tile(middle),
        )
        for (let rows = middle - 1; rows > FEW; rows--) exactly(rows).if(() => tile(rows))
      }
      for (let rows = FEW; rows > 0; rows--)
        exactly(rows).if(() => {
          const few = a.get(m).i32(FEW).op('i32.le_s')
          few.if(
            () => tile(rows, TURNS / rows),
            () => tile(rows),
          )
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

type FiveLocals = [Local, Local, Local, Local, Local]

/** The locals of a tile, the same for all tiles of a function. */
interface TileRegisters {
  readonly accumulators: readonly (readonly Local[])[]
  readonly panel: readonly Local[]
  readonly factor: Local
  /** One for each row where the left side is rows in place, else one for all. */
  readonly pointers: readonly Local[]
  readonly right: Local
  /** Where the inner loop ends. */
  readonly end: Local
}

const tileRegisters = (a: Assembler, { rows, vectors }: ProductShape, form: LeftForm): TileRegisters => ({
  accumulators: Array.from({ length: rows }, () => Array.from({ length: vectors }, () => a.local(V128))),
  panel: Array.from({ length: vectors }, () => a.local(V128)),
  factor: a.local(V128),
  pointers: Array.from({ length: form === 'rows' ? rows : 1 }, () => a.local()),
  right: a.local(),
  end: a.local(),
})

interface TilePlaces {
  readonly k: Local
  readonly left: Local
  readonly leftStride: Local
  readonly right: Local
  readonly from: Local
  readonly fromStride: Local
  readonly to: Local
  readonly toStride: Local
}

/** One tile: start, k rank-one updates, store; inner steps go in turn into several sums. Moves `from` and `to`. */
function emitTile(
  a: Assembler,
  rows: number,
  turns: number,
  shape: ProductShape,
  form: LeftForm,
  { accumulators: all, panel, factor, pointers, right, end }: TileRegisters,
  places: TilePlaces,
): void {
  const { vectors } = shape
  const unroll = turns > 1 ? TURNS : shape.unroll
  const sums = Array.from({ length: turns }, (_, turn) => all.slice(turn * rows, (turn + 1) * rows))
  const [first] = sums as [(readonly Local[])[]]
  for (const accumulator of sums.flat(2)) a.f32x4(0).set(accumulator)
  a.get(places.from).if(() => {
    for (const row of first) {
      for (const [j, accumulator] of row.entries()) a.load('v128.load', places.from, 16 * j, accumulator)
      a.advance(places.from, places.fromStride)
    }
  })
  a.get(places.left).set(pointers[0]!)
  for (let i = 1; form === 'rows' && i < rows; i++)
    a.get(pointers[i - 1]!, places.leftStride)
      .op('i32.add')
      .set(pointers[i]!)
  a.get(places.right).set(right)

  const steps = (count: number) => {
    for (let p = 0; p < count; p++) {
      for (const [j, vector] of panel.entries()) a.load('v128.load', right, 16 * (p * vectors + j), vector)
      for (const [i, row] of sums[p % turns]!.entries()) {
        if (form === 'rows') a.load('v128.load32_splat', pointers[i]!, 4 * p, factor)
        else a.load('v128.load32_splat', pointers[0]!, 4 * (p * shape.rows + i), factor)
        for (const [j, accumulator] of row.entries())
          a.multiplyAdd(
            () => a.get(factor, panel[j]!),
            () => a.get(accumulator),
          ).set(accumulator)
      }
    }
    a.advance(right, { bytes: 16 * vectors * count })
    if (form === 'packed') a.advance(pointers[0]!, { bytes: 4 * shape.rows * count })
    else for (const pointer of pointers.slice(0, rows)) a.advance(pointer, { bytes: 4 * count })
  }
  const step = 16 * vectors
  const whileLeft = (count: number) => {
    a.get(places.right, places.k)
      .i32(step)
      .op('i32.mul')
      .op('i32.add')
      .i32(step * (count - 1))
      .op('i32.sub')
      .set(end)
    a.while(
      () => a.get(right, end).op('i32.lt_u'),
      () => steps(count),
    )
  }
  whileLeft(unroll)
  if (unroll > 1) whileLeft(1)

  for (const more of sums.slice(1))
    for (const [i, row] of more.entries())
      for (const [j, sum] of row.entries()) a.get(first[i]![j]!, sum).op('f32x4.add').set(first[i]![j]!)
  for (const row of first) {
    for (const [j, accumulator] of row.entries()) a.get(places.to, accumulator).op('v128.store', 16 * j)
    a.advance(places.to, places.toStride)
  }
}

/** Copies the columns that exist between a matrix and the scratch tile. */
function copier(a: Assembler, columns: Local) {
  const [i, j, source, target] = [a.local(), a.local(), a.local(), a.local()]
  return (rows: number, from: Local, fromStride: Local, to: Local, toStride: Local): void => {
    a.i32(0).set(i)
    a.while(
      () => a.get(i).i32(rows).op('i32.lt_s'),
      () => {
        a.get(from, i, fromStride).op('i32.mul').op('i32.add').set(source)
        a.get(to, i, toStride).op('i32.mul').op('i32.add').set(target)
        a.i32(0).set(j)
        a.while(
          () => a.get(j, columns).op('i32.lt_s'),
          () => {
            a.get(target, source).op('v128.load32_zero').op('v128.store32_lane')
            a.advance(source, { bytes: 4 }).advance(target, { bytes: 4 }).advance(j, { bytes: 1 })
          },
        )
        a.advance(i, { bytes: 1 })
      },
    )
  }
}
