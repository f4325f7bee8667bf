import { describe, expect, test } from 'vitest'
import { type Cell, defineCell, equations, gru, leaky, lstm, rnn } from '../../src/cells/index.ts'
import { exp, mean, neg, tanh } from '../../src/expr/index.ts'

const r = String.raw

const gruGates = {
  text: [
    'reset[t] = σ(W_reset·x[t] + U_reset·h[t-1] + b_reset)',
    'update[t] = σ(W_update·x[t] + U_update·h[t-1] + b_update)',
  ],
  latex: [
    r`\mathrm{reset}_t = \sigma\left(W_{\mathrm{reset}} x_t + U_{\mathrm{reset}} h_{t-1} + b_{\mathrm{reset}}\right)`,
    r`\mathrm{update}_t = \sigma\left(W_{\mathrm{update}} x_t + U_{\mathrm{update}} h_{t-1} + b_{\mathrm{update}}\right)`,
  ],
}
const gruState = {
  text: 'h[t] = (1 - update[t])⊙candidate[t] + update[t]⊙h[t-1]',
  latex: r`h_t = \left(1 - \mathrm{update}_t\right) \odot \mathrm{candidate}_t + \mathrm{update}_t \odot h_{t-1}`,
}
const leakyCandidate = {
  text: 'candidate[t] = tanh(W_hidden·x[t] + U_hidden·h[t-1] + b_hidden)',
  latex: r`\mathrm{candidate}_t = \tanh\left(W_{\mathrm{hidden}} x_t + U_{\mathrm{hidden}} h_{t-1} + b_{\mathrm{hidden}}\right)`,
}

const expected: readonly (readonly [string, Cell, readonly string[], readonly string[]])[] = [
  [
    'rnn',
    rnn,
    ['h[t] = tanh(W_hidden·x[t] + U_hidden·h[t-1] + b_hidden)'],
    [r`h_t = \tanh\left(W_{\mathrm{hidden}} x_t + U_{\mathrm{hidden}} h_{t-1} + b_{\mathrm{hidden}}\right)`],
  ],
  [
    'rnn relu',
    rnn.with({ activation: 'relu' }),
    ['h[t] = relu(W_hidden·x[t] + U_hidden·h[t-1] + b_hidden)'],
    [
      r`h_t = \operatorname{relu}\left(W_{\mathrm{hidden}} x_t + U_{\mathrm{hidden}} h_{t-1} + b_{\mathrm{hidden}}\right)`,
    ],
  ],
  [
    'rnn identity',
    rnn.with({ activation: 'identity' }),
    ['h[t] = W_hidden·x[t] + U_hidden·h[t-1] + b_hidden'],
    [r`h_t = W_{\mathrm{hidden}} x_t + U_{\mathrm{hidden}} h_{t-1} + b_{\mathrm{hidden}}`],
  ],
  [
    'lstm',
    lstm,
    [
      'forget[t] = σ(W_forget·x[t] + U_forget·h[t-1] + b_forget)',
      'input[t] = σ(W_input·x[t] + U_input·h[t-1] + b_input)',
      'candidate[t] = tanh(W_candidate·x[t] + U_candidate·h[t-1] + b_candidate)',
      'output[t] = σ(W_output·x[t] + U_output·h[t-1] + b_output)',
      'c[t] = forget[t]⊙c[t-1] + input[t]⊙candidate[t]',
      'h[t] = output[t]⊙tanh(c[t])',
    ],
    [
      r`\mathrm{forget}_t = \sigma\left(W_{\mathrm{forget}} x_t + U_{\mathrm{forget}} h_{t-1} + b_{\mathrm{forget}}\right)`,
      r`\mathrm{input}_t = \sigma\left(W_{\mathrm{input}} x_t + U_{\mathrm{input}} h_{t-1} + b_{\mathrm{input}}\right)`,
      r`\mathrm{candidate}_t = \tanh\left(W_{\mathrm{candidate}} x_t + U_{\mathrm{candidate}} h_{t-1} + b_{\mathrm{candidate}}\right)`,
      r`\mathrm{output}_t = \sigma\left(W_{\mathrm{output}} x_t + U_{\mathrm{output}} h_{t-1} + b_{\mathrm{output}}\right)`,
      r`c_t = \mathrm{forget}_t \odot c_{t-1} + \mathrm{input}_t \odot \mathrm{candidate}_t`,
      r`h_t = \mathrm{output}_t \odot \tanh\left(c_t\right)`,
    ],
  ],
  [
    'gru, reset after',
    gru,
    [
      ...gruGates.text,
      "candidate[t] = tanh(W_candidate·x[t] + b_candidate + reset[t]⊙(U_candidate·h[t-1] + b'_candidate))",
      gruState.text,
    ],
    [
      ...gruGates.latex,
      r`\mathrm{candidate}_t = \tanh\left(W_{\mathrm{candidate}} x_t + b_{\mathrm{candidate}} + ` +
        r`\mathrm{reset}_t \odot \left(U_{\mathrm{candidate}} h_{t-1} + b'_{\mathrm{candidate}}\right)\right)`,
      gruState.latex,
    ],
  ],
  [
    'gru, reset before',
    gru.with({ reset: 'before' }),
    [
      ...gruGates.text,
      'candidate[t] = tanh(W_candidate·x[t] + U_candidate·(reset[t]⊙h[t-1]) + b_candidate)',
      gruState.text,
    ],
    [
      ...gruGates.latex,
      r`\mathrm{candidate}_t = \tanh\left(W_{\mathrm{candidate}} x_t + ` +
        r`U_{\mathrm{candidate}} \left(\mathrm{reset}_t \odot h_{t-1}\right) + b_{\mathrm{candidate}}\right)`,
      gruState.latex,
    ],
  ],
  [
    'leaky, α = 0.8',
    leaky.with({ alpha: 0.8 }),
    [leakyCandidate.text, 'h[t] = 0.8⊙h[t-1] + 0.2⊙candidate[t]'],
    [leakyCandidate.latex, r`h_t = 0.8 \odot h_{t-1} + 0.2 \odot \mathrm{candidate}_t`],
  ],
  [
    'leaky, α learned',
    leaky.with({ alpha: 'learned' }),
    [leakyCandidate.text, 'h[t] = σ(alpha_logit)⊙h[t-1] + (1 - σ(alpha_logit))⊙candidate[t]'],
    [
      leakyCandidate.latex,
      r`h_t = \sigma\left(\mathrm{alpha\_logit}\right) \odot h_{t-1} + ` +
        r`\left(1 - \sigma\left(\mathrm{alpha\_logit}\right)\right) \odot \mathrm{candidate}_t`,
    ],
  ],
] as unknown as readonly (readonly [string, Cell, readonly string[], readonly string[]])[]

describe.each(expected)('the equations of %s', (_, cell, text, latex) => {
  test('as text', () => expect(equations(cell)).toEqual(text))
  test('as LaTeX', () => expect(equations(cell, 'latex')).toEqual(latex))
})

test('what is some steps back, a projection and a mean print too', () => {
  const cell = defineCell({
    name: 'own',
    state: ['h', 'm'],
    projected: ['h'],
    step({ x, h, m, linear, project }) {
      const memory = tanh(linear('write', x, h.back(3), m.back(2))).sub(mean(m))
      return { h: project(memory.mul(m.back(4))), m: memory }
    },
  })
  expect(equations(cell as unknown as Cell)).toEqual([
    'm[t] = tanh(W_write·x[t] + U_h_3_write·h[t-3] + U_m_2_write·m[t-2] + b_write) - mean(m[t-1])',
    'h[t] = U_projection·(m[t]⊙m[t-4])',
  ])
  expect(equations(cell as unknown as Cell, 'latex')[1]).toBe(
    r`h_t = U_{\mathrm{projection}} \left(m_t \odot m_{t-4}\right)`,
  )
})

test("a cell of one's own prints too: a state with products of its own, x outside a product, a parameter", () => {
  const own = defineCell({
    name: 'own',
    state: ['h', 'm'],
    step({ x, h, m, linear, parameter }) {
      const memory = m.mul(exp(neg(parameter('rate', 0.3)))).add(tanh(linear('content', x, m)))
      return { h: tanh(linear('read', tanh(memory).mul(h))).add(x.mul(0.1)), m: memory }
    },
  })
  expect(equations(own as unknown as Cell)).toEqual([
    'm[t] = m[t-1]⊙exp(-rate) + tanh(W_content·x[t] + U_m_content·m[t-1] + b_content)',
    "h[t] = tanh(U_read·(tanh(m[t])⊙h[t-1]) + b'_read) + x[t]⊙0.1",
  ])
})
