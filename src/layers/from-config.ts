import { InputError, suggestion } from '../base/errors.ts'
import type { Shape } from '../base/shape.ts'
import { builtInCells, type Cell } from '../cells/index.ts'
import { type ConvolutionOptions, conv1d, conv2d } from './convolution.ts'
import { type DenseOptions, dense } from './dense.ts'
import { type EmbeddingLayerOptions, embedding } from './embedding.ts'
import { type EncoderDecoderOptions, encoderDecoder } from './encoder-decoder.ts'
import type { Layer, LayerConfig } from './layer.ts'
import { type LayerNormLayerOptions, layerNorm } from './layer-norm.ts'
import { averagePool1d, averagePool2d, globalAveragePool, maxPool1d, maxPool2d, type PoolOptions } from './pooling.ts'
import { type RecurrentLayer, recurrent } from './recurrent.ts'
import type { RecurrentLayerOptions } from './recurrent-options.ts'
import { type SegmentOptions, segmentRecurrent } from './segment-recurrent.ts'
import { dropout, flatten, lastSteps, repeat, reshape } from './shape-layers.ts'
import type { PerDimension } from './window.ts'

/** How each kind of layer is made again from its config; `cells` are the caller's own. */
const makers: Readonly<Record<string, (config: LayerConfig, cells: readonly Cell[]) => Layer>> = {
  averagePool1d: ({ size, ...options }) => averagePool1d(size as PerDimension, options as PoolOptions),
  averagePool2d: ({ size, ...options }) => averagePool2d(size as PerDimension, options as PoolOptions),
  conv1d: ({ filters, size, ...options }) =>
    conv1d(filters as number, size as PerDimension, options as ConvolutionOptions),
  conv2d: ({ filters, size, ...options }) =>
    conv2d(filters as number, size as PerDimension, options as ConvolutionOptions),
  dense: ({ units, ...options }) => dense(units as number, options as DenseOptions),
  encoderDecoder: ({ kind: _, encoder, decoder, ...options }, cells) => {
    const layers = (configs: unknown) => (configs as LayerConfig[]).map((config) => layerFromConfig(config, cells))
    return encoderDecoder({
      ...(options as unknown as EncoderDecoderOptions),
      encoder: layers(encoder),
      decoder: layers(decoder),
    })
  },
  dropout: ({ rate }) => dropout(rate as number),
  embedding: ({ vocabulary, units, ...options }) =>
    embedding(vocabulary as number, units as number, options as EmbeddingLayerOptions),
  flatten: () => flatten(),
  globalAveragePool: () => globalAveragePool(),
  layerNorm: (options) => layerNorm(options as LayerNormLayerOptions),
  lastSteps: ({ n }) => lastSteps(n as number),
  maxPool1d: ({ size, ...options }) => maxPool1d(size as PerDimension, options as PoolOptions),
  maxPool2d: ({ size, ...options }) => maxPool2d(size as PerDimension, options as PoolOptions),
  repeat: ({ steps }) => repeat(steps as number),
  reshape: ({ shape }) => reshape(shape as Shape),
  recurrent({ cell: name, options, units, ...rest }, cells) {
    const known = [...cells, ...builtInCells.values()]
    const cell = known.find((candidate) => candidate.name === name)
    const names = known.map((candidate) => candidate.name)
    if (!cell)
      throw new InputError(
        `no cell is named '${name}'${suggestion(String(name), names)} (a cell of your own goes to load(path, { cells }))`,
      )
    return recurrent(cell.with((options ?? {}) as Cell['options']), units as number, rest as RecurrentLayerOptions)
  },
  segmentRecurrent: ({ kind: _, layer, ...options }, cells) =>
    segmentRecurrent(
      layerFromConfig(layer as LayerConfig, cells) as RecurrentLayer,
      options as unknown as SegmentOptions,
    ),
}

/** Makes a layer from its config. @throws InputError when its kind, its cell or an option is unknown */
export function layerFromConfig(config: LayerConfig, cells: readonly Cell[] = []): Layer {
  const { kind } = config
  const make = Object.hasOwn(makers, kind) ? makers[kind] : undefined
  if (!make) throw new InputError(`no layer is of the kind '${kind}'${suggestion(kind, Object.keys(makers))}`)
  const { kind: _, ...options } = config
  return make(options as LayerConfig, cells)
}
