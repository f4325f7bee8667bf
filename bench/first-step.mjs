/** One fresh process of `start.mjs`: prints when the import began and the first training step ended, since the process started. */
const imported = performance.now()
const { adam, dense, fit, lstm, sequential } = await import('unrolled')
const [batch, steps, inputs] = [32, 24, 8]
const model = sequential([lstm(64, { returns: 'last' }), dense(1)]).init({ inputs, steps, seed: 1 })
const train = {
  count: batch,
  inputShape: [steps, inputs],
  targetShape: [1],
  fillInputs: (_, into) => into.set(Float32Array.from({ length: into.length }, (_, i) => Math.sin(i))),
  fillTargets: (_, into) => into.fill(0),
  restore: (values) => Float64Array.from(values),
}
for await (const _ of fit(model, { train }, { epochs: 1, batch, optimizer: adam(1e-3) }));
console.log(JSON.stringify({ imported, stepped: performance.now() }))
