export * from './contract.ts'
export { type ChosenTier, chooseTier, createKernels, type KernelChoice, surveyTiers, threadCount } from './select.ts'
