export { type GradientFlow, type GradientFlowOptions, gradientFlow } from './gradient-flow.ts'
