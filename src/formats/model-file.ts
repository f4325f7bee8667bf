import { InputError } from '../base/errors.ts'
import type { Cell } from '../cells/index.ts'
import type { KernelChoice } from '../kernels/index.ts'
import {
  type Architecture,
  buildLayers,
  expectParameters,
  layerFromConfig,
  type Model,
  sequential,
} from '../layers/index.ts'
import { readWhole, writeWhole } from './files.ts'
import { expectFinite, formatSafetensors, parseSafetensors } from './safetensors.ts'

/** The version of what `unrolled` metadata holds; a file of another one is refused. */
const FORMAT = 1

/** Whatever belongs to a model beside its weights, as JSON: a window specification, a vocabulary. */
export type ModelExtras = Readonly<Record<string, unknown>>

export interface LoadOptions {
  /** Cells of your own that the model uses. */
  readonly cells?: readonly Cell[]
  readonly kernels?: KernelChoice
}

/**
 * Writes a model as safetensors: its weights under PyTorch's names, and its architecture as JSON in the metadata. The
 * file is written beside and renamed, so a crash leaves an old one whole. Equal models give equal bytes.
 */
export async function save(model: Model, path: string, extras: ModelExtras = {}): Promise<void> {
  await writeWhole(path, formatModel(model, extras))
}

/** The bytes that `save` writes: a page has no files, but it can send or keep them. */
export function formatModel(model: Model, extras: ModelExtras = {}): Uint8Array<ArrayBuffer> {
  const description = { format: FORMAT, architecture: model.architecture, extras }
  return formatSafetensors(model.parameters.read(), { unrolled: JSON.stringify(description) })
}

/**
 * Reads a model that `save` wrote.
 * @throws InputError when the file is missing, cut, hostile, not one of ours, of another format version, or holds numbers
 * that are not finite
 */
export async function load(path: string, options: LoadOptions = {}): Promise<{ model: Model; extras: ModelExtras }> {
  return parseModel(await readWhole(path, 'a model'), path, options)
}

/**
 * A model from the bytes of its file.
 * @param name what messages call the file
 * @throws InputError as `load`
 */
export function parseModel(
  bytes: Uint8Array,
  name = 'model',
  { cells = [], kernels = 'auto' }: LoadOptions = {},
): { model: Model; extras: ModelExtras } {
  const { tensors, metadata } = parseSafetensors(bytes, name)
  const { architecture, extras } = parseDescription(metadata.unrolled, name)
  const weights = new Map(
    [...tensors].map(([tensor, { data, shape }]) => {
      if (data instanceof Float32Array || data instanceof Float64Array) return [tensor, { data, shape }]
      throw new InputError(`${name}: expected the weight '${tensor}' to be of floats`)
    }),
  )
  expectFinite(tensors, name)
  const { layers, ...sizes } = architecture
  try {
    const made = layers.map((config) => layerFromConfig(config, cells))
    const { parameters } = buildLayers(made, sizes)
    // Before anything is allocated: a small file may describe a model larger than the memory.
    expectParameters(new Map(parameters.map((parameter) => [parameter.name, parameter])), weights, name)
    const model = sequential(made).init({ ...sizes, kernels })
    model.parameters.write(weights, name)
    return { model, extras }
  } catch (error) {
    throw error instanceof InputError && !error.message.startsWith(name)
      ? new InputError(`${name}: ${error.message}`)
      : error
  }
}

function parseDescription(json: string | undefined, name: string): { architecture: Architecture; extras: ModelExtras } {
  if (json === undefined)
    throw new InputError(`${name}: expected a model written by unrolled, but its metadata has no 'unrolled' entry`)
  let description: unknown
  try {
    description = JSON.parse(json)
  } catch {
    throw new InputError(`${name}: expected JSON in its 'unrolled' metadata, got '${json.slice(0, 40)}'`)
  }
  const { format, architecture, extras } = isRecord(description) ? description : {}
  if (format !== FORMAT)
    throw new InputError(
      `${name}: expected model format ${FORMAT}, got ${JSON.stringify(format)}; use the version of unrolled that wrote it`,
    )
  const { layers, inputs, steps } = isRecord(architecture) ? architecture : {}
  const sound = Array.isArray(layers) && layers.every((layer) => isRecord(layer) && typeof layer.kind === 'string')
  const sized = ['number', 'string'].includes(typeof inputs) && ['number', 'undefined'].includes(typeof steps)
  if (!sound || !sized || !isRecord(extras))
    throw new InputError(`${name}: its architecture is not a list of layers with their inputs`)
  return { architecture: architecture as unknown as Architecture, extras }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
