import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** ‖∂L/∂state‖ after a step, before training. */
export interface FlowPoint {
  readonly cell: string
  /** Counted from 1. */
  readonly step: number
  readonly norm: number
}

/** Where on its way back a gradient has vanished or exploded. */
export interface Turn extends FlowPoint {
  readonly words: string
  /** Where the words stand beside the dot. */
  readonly side: 'above' | 'left' | 'right'
}

/** Some updates of a run, taken together. */
export interface TrainingPoint {
  readonly cell: string
  readonly clipping: string
  readonly seed: number
  /** The last of them. */
  readonly update: number
  /** Their mean. */
  readonly loss: number
  /** The largest of them. */
  readonly norm: number
  /** Whether the run broke off here, because the loss or the gradient was no number any more. */
  readonly broke: boolean
}

export interface Picture {
  readonly title: string
  readonly cells: readonly string[]
  readonly flow: readonly FlowPoint[]
  readonly turns: readonly Turn[]
  readonly training: readonly TrainingPoint[]
  /** Names of training without clipping and with it. */
  readonly clippings: readonly string[]
  readonly clipNorm: number
}

// Okabe and Ito's colours, which everyone can tell apart; the last cell is another form of the one before.
const colours = ['#000000', '#d55e00', '#e69f00', '#009e73', '#56b4e9', '#0072b2', '#0072b2']
const dashes = [...Array(6).fill([1, 0]), [5, 3]]
const [vermilion, blue] = ['#d55e00', '#0072b2']

/** The picture as SVG text. */
export async function draw(picture: Picture): Promise<string> {
  const svg = await new View(parse(compile(specOf(picture)).spec), { renderer: 'none' }).toSVG()
  return `${svg.replace(/(\.\d\d)\d+/g, '$1')}\n` // a hundredth of a pixel is enough
}

const specOf = (picture: Picture): TopLevelSpec =>
  ({
    background: '#ffffff',
    padding: 16,
    spacing: 30,
    title: { text: picture.title, anchor: 'start', fontSize: 18, offset: 20 },
    resolve: { scale: { color: 'independent', strokeDash: 'independent' } },
    config: {
      font: 'system-ui, sans-serif',
      view: { stroke: '#cccccc' },
      axis: {
        gridColor: '#eeeeee',
        domainColor: '#999999',
        tickColor: '#999999',
        labelFontSize: 11,
        titleFontSize: 12,
      },
      axisY: { titleFontWeight: 'normal', minExtent: 44, maxExtent: 44 },
      axisX: { titleFontWeight: 'normal' },
      title: { fontSize: 14, subtitleFontSize: 12, subtitleColor: '#555555', subtitlePadding: 4 },
      legend: { labelFontSize: 12.5, labelLimit: 260, symbolSize: 260, symbolStrokeWidth: 2.5, rowPadding: 6 },
    },
    vconcat: [
      flowPanel(picture),
      trainingPanel(picture, 'loss', {
        title: 'The loss while training',
        subtitle:
          'Mean squared error of 8 updates; 1 is that of a guess. A line for each seed; a cross where it is no number any more.',
        scale: { domain: [0, 2], clamp: true },
        axis: { title: 'loss', tickCount: 4 },
        guide: 1,
        last: false,
      }),
      trainingPanel(picture, 'norm', {
        title: 'The norm of the gradient while training',
        subtitle: 'The largest of 8 updates, before clipping, which begins at the dotted line.',
        scale: { type: 'log', domain: [1e-4, 1e8], clamp: true },
        axis: { title: '‖gradient‖', ...powersOfTen(-4, 0, 4, 8) },
        guide: picture.clipNorm,
        last: true,
      }),
    ],
  }) as TopLevelSpec

function flowPanel({ cells, flow, turns }: Picture) {
  const x = { field: 'step', type: 'quantitative', title: 'step' }
  const y = { field: 'norm', type: 'quantitative' }
  const color = {
    field: 'cell',
    type: 'nominal',
    title: null,
    scale: { domain: cells, range: colours },
    legend: { symbolType: 'stroke' },
  }
  const words = (side: Turn['side'], mark: object) => ({
    data: { values: turns.filter((turn) => turn.side === side) },
    mark: { type: 'text', fontSize: 12, ...mark },
    encoding: { x, y, text: { field: 'words' }, color },
  })
  return {
    title: {
      text: 'How much the loss hangs on each state, before training',
      subtitle:
        'Dots: from so far back less than a thousandth of a change reaches the last state, or more than a thousandfold.',
      anchor: 'start',
    },
    width: 800,
    height: 300,
    layer: [
      {
        data: { values: flow.filter(({ norm }) => norm > 0) },
        mark: { type: 'line', strokeWidth: 2.2, clip: true },
        encoding: {
          x: { ...x, scale: { domain: [1, Math.max(2, ...flow.map(({ step }) => step))], nice: false } },
          y: {
            ...y,
            title: '‖∂loss/∂state‖',
            scale: { type: 'log', domain: [1e-15, 1e6] },
            axis: powersOfTen(-15, -12, -9, -6, -3, 0, 3, 6),
          },
          color,
          strokeDash: { field: 'cell', type: 'nominal', title: null, scale: { domain: cells, range: dashes } },
        },
      },
      { data: { values: turns }, mark: { type: 'circle', size: 90, opacity: 1 }, encoding: { x, y, color } },
      words('above', { align: 'left', dx: 6, dy: -10 }),
      words('left', { align: 'right', dx: -10, dy: -6 }),
      words('right', { align: 'left', dx: 10, dy: 10 }),
    ],
  }
}

interface TrainingAxis {
  readonly title: string
  readonly subtitle: string
  readonly scale: object
  readonly axis: object
  readonly guide: number
  readonly last: boolean
}

/** A facet a cell. */
function trainingPanel({ cells, training, clippings }: Picture, field: 'loss' | 'norm', own: TrainingAxis) {
  const { title, subtitle, scale, axis, guide, last } = own
  const x = {
    field: 'update',
    type: 'quantitative',
    title: last ? 'update' : null,
    axis: { grid: false, tickCount: 3 },
  }
  const color = {
    field: 'clipping',
    type: 'nominal',
    title: null,
    scale: { domain: clippings, range: [vermilion, blue] },
    legend: last ? { orient: 'bottom', symbolType: 'stroke', symbolOpacity: 1, offset: 10, columnPadding: 24 } : null,
  }
  const y = { field, type: 'quantitative', scale, axis }
  return {
    title: { text: title, subtitle, anchor: 'start', offset: 8 },
    data: { values: training },
    facet: {
      column: {
        field: 'cell',
        type: 'nominal',
        sort: cells,
        title: null,
        header: { labelFontSize: 11.5, labelFontWeight: 'bold', labelPadding: 4 },
      },
    },
    spacing: 14,
    spec: {
      width: 134,
      height: 130,
      layer: [
        {
          data: { values: [{}] },
          mark: { type: 'rule', strokeDash: [2, 3], color: '#555555' },
          encoding: { y: { datum: guide } },
        },
        {
          mark: { type: 'line', strokeWidth: 1.3, opacity: 0.7, clip: true },
          encoding: { x, y, color, detail: { field: 'seed', type: 'nominal' } },
        },
        {
          transform: [{ filter: 'datum.broke' }],
          mark: { type: 'point', shape: 'cross', angle: 45, filled: true, size: 90, opacity: 1 },
          encoding: { x, y, color },
        },
      ],
    },
  }
}

/** Ticks of a logarithmic axis, written as powers. */
function powersOfTen(...exponents: readonly number[]) {
  const raised = (exponent: number) => [...String(exponent)].map((digit) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(digit)])
  const labels = exponents.map((exponent) => (exponent === 0 ? '1' : `10${raised(exponent).join('')}`))
  const known = exponents.map((exponent, i) => `'${exponent}': '${labels[i]}'`)
  return {
    values: exponents.map((exponent) => 10 ** exponent),
    labelExpr: `{${known}}[round(log(datum.value) / LN10)]`,
  }
}
