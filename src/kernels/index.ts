export * from './contract.ts'
export { bytesCounted, planningKernels } from './planning.ts'
export { type ChosenTier, chooseTier, createKernels, type KernelChoice, surveyTiers, threadCount } from './select.ts'
export { measurePeak } from './wasm/peak.ts'
