/** onnxruntime-node on the CPU, on a model of one LSTM or GRU: inference and streaming. */
import { createRequire } from 'node:module'
import * as ort from 'onnxruntime-node'
import protobuf from 'protobufjs'
import { answer, noise } from '../protocol.mjs'

const version = createRequire(import.meta.url)('onnxruntime-node/package.json').version

// The part of onnx.proto that one node with its weights needs; field numbers are the format's.
const { root } = protobuf.parse(`syntax = "proto2";
  message Model { optional int64 ir_version = 1; optional Graph graph = 7; repeated Opset opset_import = 8; }
  message Opset { optional string domain = 1; optional int64 version = 2; }
  message Graph { repeated Node node = 1; optional string name = 2; repeated Tensor initializer = 5;
    repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
  message Node { repeated string input = 1; repeated string output = 2; optional string op_type = 4;
    repeated Attribute attribute = 5; }
  message Attribute { optional string name = 1; optional int64 i = 3; optional int32 type = 20; }
  message Tensor { repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9; }
  message ValueInfo { optional string name = 1; optional Type type = 2; }
  message Type { optional TensorType tensor_type = 1; }
  message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
  message Shape { repeated Dim dim = 1; }
  message Dim { optional int64 dim_value = 1; }`)

/** A model `X [T, B, I]`, and its states, → `Y [T, 1, B, H]` and the states after. */
function modelOf({ cell, batch, steps, inputs, hidden }) {
  const gates = { lstm: 4, gru: 3 }[cell]
  const states = cell === 'lstm' ? ['h', 'c'] : ['h']
  const float = 1
  const value = (name, dims) => ({
    name,
    type: { tensorType: { elemType: float, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  })
  const weight = (name, dims) => ({
    name,
    dims,
    dataType: float,
    rawData: new Uint8Array(noise(dims.reduce((a, b) => a * b)).map((x) => x / 16).buffer),
  })
  const integer = 2
  const attribute = [{ name: 'hidden_size', i: hidden, type: integer }]
  if (cell === 'gru') attribute.push({ name: 'linear_before_reset', i: 1, type: integer })
  const node = {
    opType: cell.toUpperCase(),
    input: ['X', 'W', 'R', 'B', '', ...states],
    output: ['Y', ...states.map((name) => `${name}_after`)],
    attribute,
  }
  const graph = {
    name: cell,
    node: [node],
    initializer: [
      weight('W', [1, gates * hidden, inputs]),
      weight('R', [1, gates * hidden, hidden]),
      weight('B', [1, 2 * gates * hidden]),
    ],
    input: [value('X', [steps, batch, inputs]), ...states.map((name) => value(name, [1, batch, hidden]))],
    output: [
      value('Y', [steps, 1, batch, hidden]),
      ...states.map((name) => value(`${name}_after`, [1, batch, hidden])),
    ],
  }
  const Model = root.lookupType('Model')
  return { states, bytes: Model.encode({ irVersion: 9, graph, opsetImport: [{ domain: '', version: 17 }] }).finish() }
}

await answer(async (row, threads) => {
  if (row.kind === 'training') return { unsupported: 'it does not train' }
  const { states, bytes } = modelOf(row)
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: threads, interOpNumThreads: 1 })
  const tensor = (data, dims) => new ort.Tensor('float32', data, dims)
  const { batch, steps, inputs, hidden } = row
  const x = tensor(noise(steps * batch * inputs), [steps, batch, inputs])
  let state = states.map(() => tensor(new Float32Array(batch * hidden), [1, batch, hidden]))
  const step = async () => {
    const result = await session.run({ X: x, ...Object.fromEntries(states.map((name, i) => [name, state[i]])) })
    if (row.kind === 'streaming') state = states.map((name) => result[`${name}_after`])
  }
  return { step, versions: { 'onnxruntime-node': version, threads } }
})
