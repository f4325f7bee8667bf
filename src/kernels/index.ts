export * from './contract.ts'
export { chooseTier, createKernels, type KernelChoice } from './select.ts'
